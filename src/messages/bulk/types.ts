import type { KeyedRequest } from '../../idempotency/index.ts'
import type { NamedReading, RateLimit } from '../../limits/index.ts'
import type { Problem } from '../../primitives/problem.ts'
import type { Submitted } from '../decide.ts'
import type { Accepted, Backlogged, Decision, SendRequest } from '../types.ts'

/** One message of a bulk by its place in the request, read and checked. */
export type BulkItem = { index: number; request: SendRequest } | { index: number; problem: Problem }

/** The same under the identifier that its message keeps, however often the transaction runs. */
export type PartItem = { index: number; request: Submitted } | { index: number; problem: Problem }

/** Messages of a bulk that one transaction decides. */
export interface BulkPart {
  /** Places in the request: from `first` up to and without `end`. */
  first: number
  end: number
  /** Reads and checks them, when their turn has come. */
  prepare(): Promise<BulkItem[]>
}

/** Several messages of one customer in one request. */
export interface BulkRequest {
  userId: number
  /** A test key sent it. */
  isTest: boolean
  /** In their order; they cover all messages. The same body always has the same parts. */
  parts: BulkPart[]
  /** One of its messages, or more, is no express message. */
  hasNormal: boolean
  /** One part: all of its messages are accepted or none. */
  isAllOrNothing: boolean
  /** The customer's limit of parts of a text; null for none. */
  partsLimit: RateLimit | null
  keyed: KeyedRequest | undefined
  /** The latest time of a scheduled message: the idempotency key is kept for longer. */
  lastSendAt: Date | undefined
  /** Of the body: what a waiting bulk keeps in memory. */
  bodyBytes: number
}

/** What is told of one message, as it is answered and kept. */
export type BulkResult =
  | { index: number; message_id: string }
  | {
      index: number
      code: string
      detail: string
      /** With `outcome_unknown`: the message to look up. */
      message_id?: string
    }

/** What one message was refused for, or that its outcome is unknown. `cancelled`: the bulk was, before its turn came. */
export type BulkRefusal = Problem | Exclude<Decision, Accepted> | { kind: 'cancelled' }

/** Says a refusal as the answer has it. */
export type ExplainRefusal = (refusal: BulkRefusal) => { code: string; detail: string }

/** The results of one part, and what they come to. */
export interface PartOutcome {
  accepted: number
  /** Not accepted, or not known to be. */
  refused: number
  /** In the smallest unit. */
  cost: number
  results: BulkResult[]
}

/** One refused message of a bulk that is refused as a whole. */
export interface RefusedItem {
  index: number
  refusal: BulkRefusal
}

/** The result of a bulk. Unless it is `decided`, nothing was changed; `backlog` is for one with normal messages that had not begun; `refused`, `limited` and `short` are all or nothing. */
export type BulkDecision =
  | {
      kind: 'decided'
      /** null when no message was accepted: nothing was changed. */
      bulkId: string | null
      /** Of all parts. */
      outcomes: PartOutcome[]
      /** All of it was answered before. */
      isReplayed: boolean
      partsLeft?: NamedReading | undefined
      /** An error of ours that ended it early, for the log. */
      fault?: unknown
    }
  /** These messages are refused. */
  | { kind: 'refused'; items: RefusedItem[] }
  /** It has more message parts than the customer's limit admits now. */
  | { kind: 'limited'; retryAfterMs: number; parts: number; partsLeft: NamedReading }
  /** The balance does not cover it. */
  | { kind: 'short'; cost: number; balance: number; items: RefusedItem[] }
  | Backlogged
  /** Another request used the idempotency key. */
  | { kind: 'key_reused' }
