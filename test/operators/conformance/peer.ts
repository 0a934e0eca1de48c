import type { OperatorAdapter, Submission } from '../../../src/operators/contract.ts'

/**
 * How the operator treats the calls that follow.
 * - good: takes everything.
 * - rejects, postpones: answers each message so, those to `to` only where it is given.
 * - refuses: the whole call, when a text contains `poison`; `fault` says whose fault that is.
 * - fails: an internal fault for every call. throttles, out-of-service: its state, with an answer.
 * - cuts-before, cuts-after: ends the connection before or after taking the messages. hangs: after taking them.
 * - unreadable: takes the messages and answers in a way that says nothing of them; one of the subject's list.
 * - numeric-identifiers, odd-identifiers: takes them under identifiers that are large numbers, or that at every n-th
 *   message cannot be read.
 * - slow: answers after a while. forgets-idle: closes every connection after its answer, without a word.
 */
export type Mood =
  | { kind: 'good' | 'postpones' | 'fails' | 'out-of-service' | 'numeric-identifiers' | 'forgets-idle' }
  | { kind: 'cuts-before' | 'cuts-after' | 'hangs' | 'slow' }
  | { kind: 'throttles'; retryAfterSeconds?: number }
  | { kind: 'unreadable'; how: string }
  | { kind: 'odd-identifiers'; every: number }
  | { kind: 'rejects'; to?: string }
  | { kind: 'refuses'; poison: string; fault: 'message' | 'operator' }

/** The identifier of the mood numeric-identifiers, beyond 2^53. */
export const LARGE_IDENTIFIER = '18858926273619457'

/** The other end of the adapter under test. */
export interface Peer {
  adapter: OperatorAdapter
  behave(mood: Mood): Promise<void>
  /** How often it really took the message. */
  taken(message: Submission): Promise<number>
  /** Calls that came, whatever their result. */
  calls(): Promise<number>
  /** Calls that were under way at once, at most, since it was opened. */
  callsPeak(): Promise<number>
  /** Becomes unreachable: connections are refused. */
  leave(): Promise<void>
  comeBack(): Promise<void>
  /** Closes the adapter and the operator's double. */
  close(): Promise<void>
}

/** What only some protocols or operators have. */
export type Ability =
  'postpones' | 'refuses' | 'retry-after' | 'numeric-identifiers' | 'odd-identifiers' | 'forgets-idle'

/** An adapter with a double of its operator: all that the conformance suite needs to know of it. */
export interface Subject {
  name: string
  /** How an answer that follows a taken message can be unreadable. */
  unreadable: readonly string[]
  abilities: readonly Ability[]
  /** The bound of calls at once that the adapter gets. */
  open(callsInFlightMax: number): Promise<Peer>
}
