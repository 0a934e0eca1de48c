import type { SmsState } from '../../db/schema.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** One text to one or more recipients, validated. */
export interface SendRequest {
  userId: number
  text: string
  type: MessageClass
  /** As the customer wrote them, without those whose digits equal an earlier one's. */
  recipients: string[]
  /** W3C Trace Context of the request, if it had one. */
  traceparent?: string | undefined
}

/**
 * What became of a request.
 * - accepted: the money and the message are committed together.
 * - insufficient_balance, unavailable: nothing was changed.
 * - account_locked: another session keeps the customer's balance locked; nothing was changed.
 * - outcome_unknown: the answer to the commit was lost and could not be found out; look it up in the history.
 */
export type Decision =
  | { kind: 'accepted'; smsIdentifier: string; recipients: number; cost: number }
  | { kind: 'insufficient_balance'; cost: number; balance: number }
  | { kind: 'unavailable'; retryAfterSeconds: number }
  | { kind: 'account_locked' }
  | { kind: 'outcome_unknown'; smsIdentifier: string }

/** The last item of a page: the next page begins after it. */
export interface HistoryCursor {
  smsIdentifier: string
  recipientNo: number
}

export interface HistoryQuery {
  userId: number
  status?: SmsState | undefined
  smsIdentifier?: string | undefined
  limit: number
  cursor?: HistoryCursor | undefined
}

/** One recipient of one request. */
export interface HistoryItem {
  userId: number
  smsIdentifier: string
  recipient: string
  type: MessageClass
  status: SmsState
  /** The operator that accepted or rejected it; empty until then. */
  provider: string
  /** Why it failed, in words; null unless it failed. */
  failureReason: string | null
  createdAt: Date
  updatedAt: Date
}

/** A page may be short or even empty and still have a cursor: a filter examines a bounded number of rows at a time. */
export interface HistoryPage {
  items: HistoryItem[]
  nextCursor: HistoryCursor | null
}
