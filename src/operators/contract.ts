/**
 * What every operator adapter speaks, whatever its protocol. An adapter makes one call and says what is known
 * afterwards; splitting, breakers and failover stand above it and know no protocol.
 */

export type { MessageClass } from '../primitives/messageClass.ts'

/** One message as an operator gets it. The same message always carries the same reference. */
export interface Submission {
  reference: string
  to: string
  text: string
}

/**
 * What is known of one message after a call.
 * - accepted: the operator took it and named it.
 * - rejected: it will never take it (bad number, refused text).
 * - unavailable: it did not take it, and may take it later.
 * - unknown: no answer, and it may have taken it.
 */
export type OperatorResult =
  | { kind: 'accepted'; providerMessageId: string }
  | { kind: 'rejected'; reason: string }
  | { kind: 'unavailable'; reason: string }
  | { kind: 'unknown'; reason: string }

/**
 * What one call came to.
 * - answered: one outcome for each submission, by position.
 * - refused: the call failed as a whole, with an answer that may be about one message in it; `alone` is what that
 *   answer means for a call of one.
 * - unavailable, unknown: the call failed as a whole and says nothing of any message in it.
 * `operatorFailed` is what the breaker counts: transport error, timeout, 5xx or throttling; never a rejection.
 */
export type CallResult =
  | { kind: 'answered'; outcomes: OperatorResult[]; operatorFailed: false }
  | { kind: 'refused'; reason: string; alone: OperatorResult; operatorFailed: boolean }
  | { kind: 'unavailable'; reason: string; operatorFailed: true }
  | { kind: 'unknown'; reason: string; operatorFailed: true }

/** One link to one operator. `submit` never throws, and ends by itself once `timeoutMs` is over. */
export interface OperatorAdapter {
  readonly name: string
  readonly batchSizeMax: number
  submit(batch: Submission[], timeoutMs: number): Promise<CallResult>
  close(): Promise<void>
}
