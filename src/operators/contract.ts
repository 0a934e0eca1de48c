/**
 * What every operator adapter implements, whatever its protocol. An adapter makes one call and says what is known
 * afterwards. Splitting, pace, breakers and failover are built on it and know no protocol.
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
 * - accepted: the operator took it. Its identifier is null when the operator gave none that can be stored.
 * - rejected: it will never take it (bad number, refused text). No other operator is asked.
 * - unavailable: it did not take it.
 * - throttled: it did not take it and asks for a lower rate.
 * - refused: a call of this one message failed as a whole, with an answer that names no message (HTTP 400, 413, 422).
 * - unknown: no answer, and it may have taken it.
 */
export type OperatorResult =
  | { kind: 'accepted'; operatorMessageId: string | null }
  | { kind: 'rejected'; reason: string }
  | { kind: 'unavailable'; reason: string }
  | { kind: 'throttled'; reason: string; retryAfterMs: number | null }
  | { kind: 'refused'; reason: string }
  | { kind: 'unknown'; reason: string }

/**
 * What one call came to.
 * - answered: one result for each submission, by position; `unreadableIdentifiers` counts messages that were accepted
 *   under an identifier that no receipt will be found by.
 * - refused: the call failed as a whole, with an answer that may be about one message in it. `operatorFailed`: the
 *   operator could not process it (HTTP 500), so a message alone is unavailable and not refused.
 * - throttled: nothing of the call was taken, because the rate was too high.
 * - unavailable, unknown: the call failed as a whole and says nothing of any message in it.
 */
export type CallResult =
  | { kind: 'answered'; results: OperatorResult[]; unreadableIdentifiers?: number }
  | { kind: 'refused'; reason: string; operatorFailed: boolean }
  | { kind: 'throttled'; reason: string; retryAfterMs: number | null }
  | { kind: 'unavailable'; reason: string }
  | { kind: 'unknown'; reason: string }

/** One link to one operator. `submit` never throws, and ends by itself once `timeoutMs` is over. */
export interface OperatorAdapter {
  readonly name: string
  /** Messages of one call. A protocol that pipelines single messages takes them as one call all the same. */
  readonly batchSizeMax: number
  /** Calls at once, of both classes together: connections, or the window of a protocol that pipelines. */
  readonly callsInFlightMax: number
  submit(batch: Submission[], timeoutMs: number): Promise<CallResult>
  /**
   * Set by an adapter whose operator reports deliveries. The engine hands it each report's raw form, and the adapter
   * must not answer the operator before the returned promise resolves: by then the report is stored. No caller yet.
   */
  receipts?: (store: (raw: Uint8Array) => Promise<void>) => void
  close(): Promise<void>
}
