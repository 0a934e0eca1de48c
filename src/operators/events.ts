import type { BreakerState } from './breaker.ts'
import type { CallResult, Outcome } from './contract.ts'

/** One call that left the process (or tried to), with what became of the messages in it. */
export interface OperatorCall {
  operator: string
  messages: number
  result: CallResult['kind']
  operatorFailed: boolean
  /**
   * How many messages this call settled on each outcome. A refused call of several settles none: its halves do, or
   * nobody when the try ends first. So nothing is counted twice when calls are summed.
   */
  outcomes: Record<Outcome['kind'], number>
  durationMs: number
}

/** The facts this slice reports. Whoever puts the parts together turns them into metrics and log records. */
export interface OperatorEvents {
  operatorCalled(call: OperatorCall): void
  breakerChanged(change: { operator: string; state: BreakerState }): void
}
