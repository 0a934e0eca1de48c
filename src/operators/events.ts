import { Counter, DURATION_BUCKETS_SECONDS, Gauge, Histogram } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import type { BreakerState } from './breaker.ts'
import type { CallResult, MessageClass, OperatorResult } from './contract.ts'

/** One call that was made (or tried), with what became of the messages in it. */
export interface OperatorCall {
  operator: string
  messages: number
  result: CallResult['kind']
  /** How many messages had each result. A refused call of several decides none, so that no message counts twice. */
  results: Record<OperatorResult['kind'], number>
  durationMs: number
}

/** The facts of this slice: each moves a metric and writes at most one record. */
export interface OperatorEvents {
  operatorCalled(call: OperatorCall): void
  breakerChanged(change: { operator: string; messageClass: MessageClass; state: BreakerState }): void
}

const STATES = ['closed', 'open', 'half-open'] as const

export function createOperatorEvents(logger: Logger, registry: Registry): OperatorEvents {
  const registers = [registry]
  const calls = new Histogram({
    name: 'chapar_operator_call_duration_seconds',
    help: 'Calls of an operator, by what the call as a whole came to',
    labelNames: ['operator', 'result'] as const,
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  })
  const outcomes = new Counter({
    name: 'chapar_operator_outcomes_total',
    help: 'Messages offered to an operator, by outcome',
    labelNames: ['operator', 'outcome'] as const,
    registers,
  })
  const breaker = new Gauge({
    name: 'chapar_breaker_state',
    help: '1 for the state that the breaker of an operator is in, 0 for the others',
    labelNames: ['operator', 'class', 'state'] as const,
    registers,
  })
  return {
    operatorCalled({ operator, result, results: counts, durationMs }) {
      calls.observe({ operator, result }, durationMs / 1_000)
      for (const [outcome, messages] of Object.entries(counts)) {
        if (messages > 0) outcomes.inc({ operator, outcome }, messages)
      }
    },
    breakerChanged({ operator, messageClass, state }) {
      for (const each of STATES)
        breaker.set({ operator, class: messageClass, state: each }, each === state ? 1 : 0)
      logger[state === 'closed' ? 'info' : 'warn']('breaker changed', { operator, state })
    },
  }
}
