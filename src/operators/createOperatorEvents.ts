import { Counter, DURATION_BUCKETS_SECONDS, Gauge, Histogram } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import type { OperatorEvents } from './events.ts'

const STATES = ['closed', 'open', 'half-open'] as const

/** The facts of this slice as metrics and log records. */
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
    labelNames: ['operator', 'state'] as const,
    registers,
  })
  return {
    operatorCalled({ operator, result, outcomes: counts, durationMs }) {
      calls.observe({ operator, result }, durationMs / 1_000)
      for (const [outcome, messages] of Object.entries(counts)) {
        if (messages > 0) outcomes.inc({ operator, outcome }, messages)
      }
    },
    breakerChanged({ operator, state }) {
      for (const each of STATES) breaker.set({ operator, state: each }, each === state ? 1 : 0)
      logger.warn('breaker changed', { operator, state })
    },
  }
}
