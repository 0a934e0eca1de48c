import { sql } from 'kysely'
import { BALANCE_LOW } from '../events/index.ts'
import type { LoggedEvent } from '../events/index.ts'
import { explainFailure, readEventSubjects } from '../messages/index.ts'
import type { EventSubject, FailureView, V1Status } from '../messages/index.ts'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'

/** An event as customers get it, from the feed and from webhooks. */
export interface EventView {
  /** The same at every attempt, and in the feed. */
  id: string
  type: string
  sequence: number
  timestamp: string
  data: MessageEventData | BalanceEventData
}

export interface MessageEventData {
  message_id: string
  /** Of the message's recipients, from 1 on. */
  recipient_no: number
  to: string
  status: V1Status
  client_reference: string | null
  tags: string[]
  type: 'normal' | 'express'
  parts: number
  cost_cents: number
  provider: string | null
  error: FailureView | null
  test?: true
  text?: string
}

export interface BalanceEventData {
  /** Whose charge it was. */
  message_id: string
  balance_cents: number
  threshold_cents: number
}

/**
 * What events say, by the tables as they are now: what an event tells of its recipient does not change after it. One whose
 * message is gone is left out. @returns them in order; the caller bounds them.
 */
export async function describeEvents(reader: Reader, events: readonly LoggedEvent[]): Promise<EventView[]> {
  const subjects = await readSubjects(reader, events)
  return events.flatMap((event) => describeEvent(event, subjects) ?? [])
}

/** What events say, besides what they are. */
export interface Subjects {
  messages: ReadonlyMap<string, EventSubject>
  balances: ReadonlyMap<string, number>
}

/** Of any customers; the caller bounds the events. */
export async function readSubjects(reader: Reader, events: readonly LoggedEvent[]): Promise<Subjects> {
  const ofBalance = events.filter(({ type }) => type === BALANCE_LOW)
  const ofMessages = events.filter(({ type }) => STATUS_OF[type] !== undefined)
  return {
    messages: await readEventSubjects(reader, ofMessages),
    balances: await readBalances(reader, ofBalance),
  }
}

/** @returns undefined for an event whose message is gone. */
export function describeEvent(
  event: LoggedEvent,
  { messages, balances }: Subjects,
  { withText = false }: { withText?: boolean } = {},
): EventView | undefined {
  const { smsIdentifier, recipientNo, type, seq: sequence, occurredAt } = event
  const subject = messages.get(`${smsIdentifier}:${recipientNo}`)
  const data =
    type === BALANCE_LOW
      ? toBalanceData(event, balances.get(smsIdentifier))
      : subject && toMessageData(event, subject, withText)
  return data && { id: eventIdOf(event), type, sequence, timestamp: occurredAt.toISOString(), data }
}

/** Known from the change alone: a repeat of it would have the same. */
export function eventIdOf({ smsIdentifier, recipientNo, version }: LoggedEvent): string {
  return `evt_${smsIdentifier}_${recipientNo}_${version}`
}

/** The status at the time of the event: the recipient's may be another one since. */
const STATUS_OF: Readonly<Record<string, V1Status>> = {
  'message.sent': 'SENT',
  'message.delivered': 'DELIVERED',
  'message.undelivered': 'FAILED_PERM',
  'message.failed': 'FAILED_PERM',
  'message.cancelled': 'CANCELLED',
}

function toMessageData(
  { smsIdentifier, recipientNo, type }: LoggedEvent,
  subject: EventSubject,
  withText: boolean,
): MessageEventData | undefined {
  const status = STATUS_OF[type]
  if (!status) return undefined
  return {
    message_id: smsIdentifier,
    recipient_no: recipientNo,
    to: subject.recipient,
    status,
    client_reference: subject.clientReference,
    tags: subject.tags,
    type: subject.type,
    parts: subject.parts,
    cost_cents: subject.cost,
    provider: subject.facts.provider || null,
    error: status === 'FAILED_PERM' ? explainFailure(subject.facts) : null,
    ...(subject.isTest ? { test: true as const } : {}),
    ...(withText ? { text: subject.text } : {}),
  }
}

function toBalanceData(
  { smsIdentifier, threshold }: LoggedEvent,
  balance: number | undefined,
): BalanceEventData | undefined {
  if (balance === undefined || threshold === null) return undefined
  return { message_id: smsIdentifier, balance_cents: balance, threshold_cents: threshold }
}

/** The balance after the charge of each message. */
async function readBalances(reader: Reader, events: readonly LoggedEvent[]): Promise<Map<string, number>> {
  if (events.length === 0) return new Map()
  const ids = events.map(({ smsIdentifier }) => identifierToBytes(smsIdentifier))
  const { rows } = await sql<{ transaction_id: Buffer; balance_after: number }>`
    SELECT transaction_id, balance_after FROM user_transactions FORCE INDEX (PRIMARY)
    WHERE transaction_id IN (${list(ids)}) AND recipient_no = 0 AND transaction_type = 'charge'`.execute(
    reader,
  )
  return new Map(
    rows.map(({ transaction_id, balance_after }) => [identifierFromBytes(transaction_id), balance_after]),
  )
}
