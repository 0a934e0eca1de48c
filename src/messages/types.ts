import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import type { FirstAnswer, Keyed } from '../idempotency/index.ts'
import type { SpendRefusal, NamedReading, RateLimit, SpendLimits, Usage } from '../limits/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'
import type { Problem } from '../primitives/problem.ts'
import type { SendingPlan } from '../primitives/sendingPlan.ts'

/** One text to one or more recipients, validated. */
export interface SendRequest {
  userId: number
  text: string
  type: MessageClass
  /** Each once: without those whose digits equal an earlier one's. */
  recipients: string[]
  /** Whom it is from; the operator's default, if left out. */
  sender?: string | undefined
  /** Each of `recipients` as the customer wrote it, null where that is the same; left out where all are. */
  givenTo?: readonly (string | null)[] | undefined
  /** The customer's own name for it; it need not be unique. */
  clientReference?: string | undefined
  /** The customer's own words on it, each once. */
  tags?: readonly string[] | undefined
  /** Where its events go besides the customer's endpoints. */
  callbackUrl?: string | undefined
  /** W3C Trace Context of the request, if its trace is sampled. */
  traceparent?: string | undefined
  /** Of the text, for one recipient; 1 by default. */
  parts?: number | undefined
  /** Handed over from this time on; as soon as possible by default. */
  sendAt?: Date | undefined
  /** From acceptance, or from `sendAt`, to when it is not submitted any more; by its class, if left out. */
  expiresInSeconds?: number | undefined
  /** What is done while it is not known whether an operator took it; null or left out: its class and operators decide. */
  onUnknown?: OnUnknown | null | undefined
  /**
   * Express: handed over within this time from when it may leave; null or left out for that of the settings. Test
   * messages and normal ones have no guarantee.
   */
  guaranteedWithinMs?: number | null | undefined
  /** Express: what an operator does not answer in time goes to another one too. */
  hedge?: boolean | undefined
  /** Refused when all recipients together cost more, in the smallest unit. */
  maxPrice?: number | undefined
  /** A test key sent it: it costs nothing, and only the test operator gets it. */
  isTest?: boolean | undefined
  /** The customer's limit of parts; null or left out for none. */
  partsLimit?: RateLimit | null | undefined
  /** Its limits of the day and the month; null or left out for none. */
  spendLimits?: SpendLimits | null | undefined
  /** How its customer's messages leave; left out: at once, with a weight of 1. */
  sending?: SendingPlan | undefined
  /** The idempotency key, and the answer that a repeat gets as well. */
  keyed?: Keyed<Accepted> | undefined
  /**
   * Why it is refused, unless it is a repeat: what was valid at first may be so no longer, such as a time to send. Only with
   * `keyed`.
   */
  refusal?: Problem | undefined
}

export interface Accepted {
  kind: 'accepted'
  smsIdentifier: string
  recipients: number
  /** In the smallest unit. */
  cost: number
  /** What is left of the customer's limit of parts, where it has one. */
  partsLeft?: NamedReading | undefined
  /** When the last of it leaves, where the customer's sending window or rate delays it. */
  delayedUntil?: Date | undefined
}

/** What a refusal by a limit was decided from: as the locked row showed it; left out where no row was read. */
export interface RefusedUsage {
  usage?: Usage
}

/** `parts` is what it asked for, of all recipients. */
export interface RateLimited extends RefusedUsage {
  kind: 'rate_limit'
  retryAfterMs: number
  parts: number
  partsLeft: NamedReading
}

/** Normal messages are refused while the oldest one that waits is this old. */
export interface Backlogged {
  kind: 'backlog'
  ageSeconds: number
  retryAfterSeconds: number
}

/**
 * The result of a request.
 * - accepted: the money and the message are committed together.
 * - insufficient_balance, unavailable: nothing was changed.
 * - replayed: the idempotency key was used by the same request before; its first answer, and nothing was changed.
 * - key_reused: another request used the key; nothing was changed.
 * - refused: it is no repeat, and its `refusal` holds; nothing was changed.
 * - price_exceeded: it costs more than its `maxPrice`; nothing was changed.
 * - rate_limit: more parts than the customer's limit admits now; nothing was changed.
 * - delayed_too_far: by the customer's sending window or rate it would leave too late; nothing was changed.
 * - spend_limit: it would pass the customer's limit of the day or the month; nothing was changed.
 * - backlog: too much is waiting; nothing was changed.
 * - account_locked: another session keeps the customer's balance locked; nothing was changed.
 * - outcome_unknown: the answer to the commit was lost and could not be found out; look it up in the history.
 */
export type Decision =
  | Accepted
  | { kind: 'replayed'; answer: FirstAnswer }
  | { kind: 'key_reused' }
  | { kind: 'refused'; problem: Problem }
  | { kind: 'price_exceeded'; cost: number; maxPrice: number }
  | RateLimited
  | (SpendRefusal & RefusedUsage)
  | { kind: 'delayed_too_far'; retryAfterMs: number }
  | { kind: 'insufficient_balance'; cost: number; balance: number }
  | { kind: 'unavailable'; retryAfterSeconds: number }
  | Backlogged
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
  /** What the operator reported; null until then. */
  deliveryStatus: DeliveryStatus | null
  /** The operator that accepted or rejected it; empty until then. */
  provider: string
  /** Why it failed or was not delivered, in words; null unless it did so. */
  failureReason: string | null
  /** A test key sent it. */
  isTest: boolean
  /** Submitted again although an operator may have had it. */
  isPossibleDuplicate: boolean
  createdAt: Date
  updatedAt: Date
}

/** A page may be short or even empty and still have a cursor: a filter examines a bounded number of rows at a time. */
export interface HistoryPage {
  items: HistoryItem[]
  nextCursor: HistoryCursor | null
  /** Older ones were removed. */
  beginsAt?: string | undefined
}
