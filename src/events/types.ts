/** What happens to a recipient. A recipient has one of its sending, and then at most one of its delivery. */
export const MESSAGE_EVENT_TYPES = [
  'message.sent',
  'message.delivered',
  'message.undelivered',
  'message.failed',
  'message.cancelled',
] as const
export type MessageEventType = (typeof MESSAGE_EVENT_TYPES)[number]

export const BALANCE_LOW = 'balance.low'
export const EVENT_TYPES = [...MESSAGE_EVENT_TYPES, BALANCE_LOW] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** The place of an event among those of its recipient. */
export const VERSION_OF: Readonly<Record<EventType, number>> = {
  'message.sent': 1,
  'message.failed': 1,
  'message.cancelled': 1,
  'message.delivered': 2,
  'message.undelivered': 2,
  'balance.low': 1,
}

/** An event of the log. `type` may be one that a newer program wrote. */
export interface LoggedEvent {
  userId: number
  /** From 1 on, without gaps. */
  seq: number
  type: string
  /** For `balance.low` the message whose charge caused it, with recipient 0. */
  smsIdentifier: string
  recipientNo: number
  version: number
  makesEvents: number
  /** Of `balance.low`, in the smallest unit. */
  threshold: number | null
  /** When the state changed. */
  occurredAt: Date
}
