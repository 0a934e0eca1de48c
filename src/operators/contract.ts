/**
 * What every operator adapter implements, whatever its protocol: it makes one call and says what is known afterwards.
 * Splitting, pace, breakers and failover are built on it and know no protocol.
 */

export type { MessageClass } from '../primitives/messageClass.ts'

/** One message as an operator gets it. The same message always carries the same reference. */
export interface Submission {
  reference: string
  to: string
  /** A name or a number; null for the operator's default. */
  from: string | null
  text: string
  /** What this operator took of it in earlier calls. Only the other parts are submitted, under the same reference. */
  partIds?: PartIds
}

/** The operator's identifiers of the parts of a message, in order; null for a part that it did not take or name. */
export type PartIds = readonly (string | null)[]

/**
 * What is known of one message after a call.
 * - accepted: the operator took it. Its identifier is null when the operator gave none that can be stored. A message of
 *   several parts is accepted when all are; `partIds` then has an identifier for each, of which the first is the
 *   message's.
 * - rejected: it will never take it (bad number, refused text). No other operator is asked.
 * - unavailable: it did not take it.
 * - throttled: it did not take it and asks for a lower rate.
 * - refused: a call of this one message failed as a whole, with an answer that names no message (HTTP 400, 413, 422).
 * - unknown: no answer, and it may have taken it.
 * With `partIds`, what is not accepted was taken in part, so that its operator may have it, and can complete it. The
 * result is that of the other parts.
 */
export type OperatorResult =
  | { kind: 'accepted'; operatorMessageId: string | null; partIds?: PartIds }
  | { kind: 'rejected'; reason: string; partIds?: PartIds }
  | { kind: 'unavailable'; reason: string; partIds?: PartIds }
  | { kind: 'throttled'; reason: string; retryAfterMs: number | null; partIds?: PartIds }
  | { kind: 'refused'; reason: string; partIds?: never }
  | { kind: 'unknown'; reason: string; partIds?: PartIds }

/**
 * What one call came to.
 * - answered: one result for each submission, by position; `unreadableIdentifiers` counts messages that were accepted
 *   under an identifier that no receipt will be found by, `throttledParts` parts that were throttled of messages whose
 *   result is another.
 * - refused: the call failed as a whole, with an answer that may be about one message in it. `operatorFailed`: the
 *   operator could not process it (HTTP 500), so a message alone is unavailable and not refused.
 * - throttled: nothing of the call was taken, because the rate was too high.
 * - unavailable, unknown: the call failed as a whole and says nothing of any message in it.
 */
export type CallResult =
  | { kind: 'answered'; results: OperatorResult[]; unreadableIdentifiers?: number; throttledParts?: number }
  | { kind: 'refused'; reason: string; operatorFailed: boolean }
  | { kind: 'throttled'; reason: string; retryAfterMs: number | null }
  | { kind: 'unavailable'; reason: string }
  | { kind: 'unknown'; reason: string }

/**
 * What an operator says when it is asked for the state of a message.
 * - taken: it has it. Its identifier is null when the operator gave none that can be stored.
 * - not_taken: it does not have it, and will not take what it may still be sent of earlier submissions.
 * - not_known: anything else.
 */
export type QueryAnswer =
  | { kind: 'taken'; operatorMessageId: string | null; delivery?: DeliveryAnswer }
  | { kind: 'not_taken' }
  | { kind: 'not_known'; reason: string }

/** What an operator that is asked says of a message that it has, once that is final: as good as a receipt. */
export type DeliveryAnswer = Pick<Receipt, 'code' | 'cause' | 'doneAt'> & {
  verdict: NonNullable<Receipt['verdict']>
}

/** A request of an operator that carries receipts, as it came. */
export interface IncomingReceipts {
  /** Without the question mark. */
  query: string
  contentType: string | undefined
  body: Buffer
}

/** What one receipt says, whatever its protocol. It has a reference, an identifier, or both. */
export interface Receipt {
  /** Ours, where the operator returns it. */
  reference: string | null
  operatorMessageId: string | null
  /** Null when it says nothing final. */
  verdict: 'delivered' | 'undelivered' | null
  /** The operator's error code as it came. */
  code: string | null
  /** What its status alone says of the cause, for a receipt without a code that is configured. */
  cause: ReceiptCause | null
  /** When it was decided, by the operator's clock. */
  doneAt: Date | null
  /** The part that it is about, from 1, where the receipt itself says so. */
  partNo: number | null
}

/** Why a message was not delivered. Operators' codes are mapped to these in the operators' file. */
export const RECEIPT_CAUSES = [
  'absent_subscriber',
  'blocked',
  'deleted',
  'expired',
  'handset_error',
  'invalid_number',
  'network_error',
  'rejected',
  'spam',
  'unknown_code',
] as const
export type ReceiptCause = (typeof RECEIPT_CAUSES)[number]

/** How the receipts of a protocol are read. All are pure, and none throws. */
export interface ReceiptReader {
  /** @returns what is stored of a request, or why it cannot be a request with receipts. */
  pack(incoming: IncomingReceipts, options: ReceiptOptions): { raw: Buffer } | { fault: string }
  /** @returns the receipts in what was stored, or why none can be read. */
  read(raw: Uint8Array, options: ReceiptOptions): { receipts: Receipt[] } | { fault: string }
  /** What the operator is answered once they are stored, where it wants something of its own. */
  answer?(options: ReceiptOptions): { status: number; body: string } | undefined
}

export const SIGNATURE_ALGORITHMS = ['sha1', 'sha256', 'sha512'] as const
export const SIGNATURE_ENCODINGS = ['hex', 'base64'] as const

/** A header with the HMAC of what was sent, by the operator's secret. */
export interface ReceiptSignature {
  /** In lower case. */
  header: string
  algorithm: (typeof SIGNATURE_ALGORITHMS)[number]
  encoding: (typeof SIGNATURE_ENCODINGS)[number]
}

/** How an operator's receipts are taken and read. */
export interface ReceiptOptions {
  /** What it proves itself by over HTTP; undefined when it sends none over HTTP. */
  secret: string | undefined
  /** Null: it sends the secret itself. */
  signature: ReceiptSignature | null
  /** Addresses and ranges that it sends from; null for any. */
  allowedSources: readonly string[] | null
  /** The zone of times without an offset, as IANA names it. */
  timeZone: string
  /** It sends one receipt for a message of several parts. */
  onePerMessage: boolean
  /** The common causes of its error codes. */
  causes: Readonly<Record<string, ReceiptCause>>
  /** Set for an operator that sends none: it is asked. */
  poll?: ReceiptPoll
}

/** How an operator is asked whether a message that it took was delivered. */
export interface ReceiptPoll {
  /** Before the first time; each further one waits for twice as long, up to an hour. */
  everyMs: number
  /** After this long since the hand-over it is asked no more. */
  forMs: number
}

/**
 * What an adapter learns outside its calls.
 * - late_result: the result of a part of a message whose call ended before it was known, or that was taken while the
 *   message was not.
 * - links: how many of its links are up after a change, and why one is not.
 * - the others: something that came from the operator and changes nothing.
 */
export type AdapterFact =
  | { kind: 'late_result'; reference: string; part: number; parts: number; result: OperatorResult }
  | { kind: 'links'; up: number; configured: number; reason: string }
  | { kind: (typeof ODDITIES)[number] }

export const ODDITIES = [
  'late_response',
  'repeated_response',
  'unknown_response',
  'malformed_pdu',
  'inbound_message',
  'receipt_refused',
] as const

/** One link to one operator. `submit` never throws, and ends by itself once `timeoutMs` is over. */
export interface OperatorAdapter {
  readonly name: string
  /** Messages of one call. A protocol that pipelines single messages takes them as one call all the same. */
  readonly batchSizeMax: number
  /** Calls at once, of both classes together: connections, or the window of a protocol that pipelines. */
  readonly callsInFlightMax: number
  /** How many are in flight now; of an adapter that a class shares with another, its own. */
  callsInFlight?(): number
  submit(batch: Submission[], timeoutMs: number): Promise<CallResult>
  /**
   * Set by an adapter whose operator can be asked for the state of messages, by our reference. It changes nothing there,
   * never throws, and ends by itself once `timeoutMs` is over. @returns by position; a fault when no answer came.
   */
  query?: (batch: Submission[], timeoutMs: number) => Promise<QueryAnswer[] | { fault: string }>
  /**
   * Set by an adapter whose operator sends receipts over its link; called once, before the first submission, with what
   * stores a receipt in its raw form. The operator must not be answered before the returned promise resolves.
   */
  receipts?: (store: (raw: Uint8Array) => Promise<void>) => void
  /** Set by an adapter that learns something outside its calls. */
  observe?: (listener: (fact: AdapterFact) => void) => void
  close(): Promise<void>
}
