import type { SmsState } from '../../db/schema.ts'
import type { FirstAnswer, KeyedRequest } from '../idempotency/index.ts'
import type { NamedReading, RateLimit } from '../limits/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Problem } from '../primitives/problem.ts'

/** One text to one or more recipients, validated. */
export interface SendRequest {
  userId: number
  text: string
  type: MessageClass
  /** As the customer wrote them, without those whose digits equal an earlier one's. */
  recipients: string[]
  /** W3C Trace Context of the request, if it had one. */
  traceparent?: string | undefined
  /** Of the text, for one recipient; 1 by default. */
  parts?: number | undefined
  /** Handed over from this time on; as soon as possible by default. */
  sendAt?: Date | undefined
  /** The customer's limit of parts; null or left out for none. */
  partsLimit?: RateLimit | null | undefined
  /** The idempotency key, and the answer that a repeat gets as well. */
  keyed?: Keyed | undefined
  /**
   * Why it is refused, unless it is a repeat: what was valid at first may be so no longer, such as a time to send. Only with
   * `keyed`.
   */
  refusal?: Problem | undefined
}

/** A request under an idempotency key: its answer is stored by the transaction that charges it. */
export interface Keyed {
  request: KeyedRequest
  /** The first answer, byte for byte. */
  answerOf(accepted: Accepted): { status: number; body: Buffer }
}

export interface Accepted {
  kind: 'accepted'
  smsIdentifier: string
  recipients: number
  /** In the smallest unit. */
  cost: number
  /** What is left of the customer's limit of parts, where it has one. */
  partsLeft?: NamedReading | undefined
}

/**
 * What became of a request.
 * - accepted: the money and the message are committed together.
 * - insufficient_balance, unavailable: nothing was changed.
 * - replayed: the idempotency key was used by the same request before; its first answer, and nothing was changed.
 * - key_reused: another request used the key; nothing was changed.
 * - refused: it is no repeat, and its `refusal` holds; nothing was changed.
 * - rate_limit: more parts than the customer's limit admits now; nothing was changed.
 * - account_locked: another session keeps the customer's balance locked; nothing was changed.
 * - outcome_unknown: the answer to the commit was lost and could not be found out; look it up in the history.
 */
export type Decision =
  | Accepted
  | { kind: 'replayed'; answer: FirstAnswer }
  | { kind: 'key_reused' }
  | { kind: 'refused'; problem: Problem }
  | { kind: 'rate_limit'; retryAfterMs: number; partsTatMicros: number; partsLeft?: NamedReading }
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
