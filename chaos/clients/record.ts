import type { MessageClass } from '../../src/primitives/messageClass.ts'

/**
 * What a client knows of one request afterwards.
 * - accepted: answered 200 or 202. It must be there, once, for its price.
 * - refused: answered 4xx, or 503 other than `outcome_unknown`. It must have changed nothing.
 * - unknown: no answer, or `outcome_unknown`. It must be there wholly, once, or not at all.
 */
export type Answered = 'accepted' | 'refused' | 'unknown'

export interface Sent {
  /** In the text of the message, and nowhere else: what a request is known by in the tables. */
  mark: string
  customer: number
  type: MessageClass
  recipients: number
  /** The first recipient's number; each next one's is one more. */
  firstNumber: number
  /** Parts of its text; 1 by default. */
  parts?: number
  /** It is never to be sent twice. */
  isHeld?: boolean
  /** A test key sends it. */
  isTest?: boolean
  answered: Answered
  /** As in `402 insufficient_balance`; empty while it is under way. */
  label: string
  /** What the answer named, if it did. */
  smsIdentifier?: string
  cost?: number
  /** What the tries of a request came to that was repeated under one idempotency key. */
  repeated?: Repeated
  /** When it is to be handed over; milliseconds since the epoch. */
  sendAtMs?: number
  /** What its cancellations came to, in the order of their answers. */
  cancels?: Cancel[]
  /** Its customer had switched its events on before it was sent. */
  makesEvents?: boolean
  /** Where its events go besides its customer's endpoints. */
  callbackUrl?: string
}

/** One request under an idempotency key. All tries together have the request's one answer. */
export interface Repeated {
  tries: number
  /** The different answers of tries that were accepted, byte for byte: more than one is wrong. */
  answers: string[]
  /** Tries that were accepted and not marked as a repeat: more than one is wrong. */
  firsts: number
  /** Transactions that decide the request, of which each may fall to another try; 1 by default. */
  firstsMax?: number
}

/**
 * One request to cancel a message.
 * - accepted: its recipients are cancelled and refunded, as many as are said.
 * - refused: nothing was changed.
 * - unknown: no answer, or `outcome_unknown`.
 */
export interface Cancel {
  answered: Answered
  label: string
  cancelled?: number
  refunded?: number
}

export interface ToppedUp {
  /** In the description. */
  mark: string
  customer: number
  amount: number
  answered: Answered
  /** What the answer named, if it did. */
  transactionId?: string
  /** What its tries came to, if it had an idempotency key. */
  repeated?: Repeated
}

/** Several messages in one request. */
export interface SentBulk {
  mark: string
  customer: number
  isTest: boolean
  isAllOrNothing: boolean
  /** In their order; each is in the record like any other message, with what the request's answer said of it. */
  messages: Sent[]
  /** The message whose number is none, so that it must be refused. */
  wrongAt?: number
  answered: Answered
  label: string
  /** What the answer named, if it did. */
  bulkId?: string
  told?: BulkCounts
  /** What it was read as, after it had its answer. */
  reads: BulkCounts[]
  repeated?: Repeated
  /** What its cancellations came to; `cancelled` counts recipients. */
  cancels: Cancel[]
}

/** A bulk as an answer has it. */
export interface BulkCounts {
  accepted: number
  refused: number
  cost: number
}

export interface ClientRecord {
  sent: Sent[]
  bulks: SentBulk[]
  toppedUp: ToppedUp[]
  /** Answers by status and code, `200` and `503 overloaded`; and `no answer` or `no connection`. */
  answers: Map<string, number>
}

/** A recipient's number, in international form. @param recipientNo from 1 */
export function numberOf({ firstNumber }: Pick<Sent, 'firstNumber'>, recipientNo: number): string {
  return `98${String(firstNumber + recipientNo - 1).padStart(10, '0')}`
}

export function numbersOf(sent: Pick<Sent, 'firstNumber' | 'recipients'>): string[] {
  return Array.from({ length: sent.recipients }, (_, index) => numberOf(sent, index + 1))
}

export function noteAnswer({ answers }: ClientRecord, label: string): void {
  answers.set(label, (answers.get(label) ?? 0) + 1)
}

export function openRecord(): ClientRecord {
  return { sent: [], bulks: [], toppedUp: [], answers: new Map() }
}
