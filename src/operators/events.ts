import { oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { BreakerState } from './breaker.ts'
import { RESULT_KINDS } from './callResult.ts'
import type { CallResult, MessageClass, OperatorResult } from './contract.ts'
import { operatorMetrics } from './metrics.ts'

/** One call that was made (or tried), with what became of the messages in it. */
export interface OperatorCall {
  operator: string
  messages: number
  result: CallResult['kind']
  /** How many messages had each result. A refused call of several decides none, so that no message counts twice. */
  results: Record<OperatorResult['kind'], number>
  unreadableIdentifiers: number
  durationMs: number
}

/** An operator as one class of traffic reaches it. */
interface OperatorOfClass {
  operator: string
  messageClass: MessageClass
}

/** The facts of this slice: each moves a metric and writes at most one record. */
export interface OperatorEvents {
  operatorRegistered(fact: { operator: string }): void
  operatorCalled(call: OperatorCall): void
  breakerChanged(change: OperatorOfClass & { state: BreakerState }): void
  throttled(fact: OperatorOfClass): void
  /** Null: unlimited. */
  paceChanged(change: OperatorOfClass & { callsPerSecond: number | null }): void
}

const STATES = ['closed', 'open', 'half-open'] as const
const CALL_RESULTS = ['answered', 'refused', 'throttled', 'unavailable', 'unknown'] as const

export function createOperatorEvents(logger: Logger, registry: Registry): OperatorEvents {
  const { calls, results, breakers, throttled, paces, identifiers } = operatorMetrics(registry)
  // The metrics count every time.
  const report = oncePerMinute()
  return {
    operatorRegistered({ operator }) {
      for (const result of CALL_RESULTS) calls.zero({ operator, result })
      for (const result of RESULT_KINDS) results.inc({ operator, result }, 0)
      identifiers.inc({ operator }, 0)
      for (const each of CLASSES) {
        throttled.inc({ operator, class: each }, 0)
        paces.set({ operator, class: each }, Infinity)
        for (const state of STATES) breakers.set({ operator, class: each, state }, state === 'closed' ? 1 : 0)
      }
    },
    operatorCalled({ operator, result, results: counts, unreadableIdentifiers, durationMs }) {
      calls.observe({ operator, result }, durationMs / 1_000)
      for (const kind of RESULT_KINDS)
        if (counts[kind] > 0) results.inc({ operator, result: kind }, counts[kind])
      if (unreadableIdentifiers === 0) return
      identifiers.inc({ operator }, unreadableIdentifiers)
      report(`identifiers ${operator}`, unreadableIdentifiers, (messages) =>
        logger.warn('operator returned unreadable message identifiers', { operator, messages }),
      )
    },
    breakerChanged({ operator, messageClass, state }) {
      for (const each of STATES)
        breakers.set({ operator, class: messageClass, state: each }, each === state ? 1 : 0)
      const what = state === 'open' ? 'opened' : state
      logger[state === 'closed' ? 'info' : 'warn'](`circuit breaker ${what}`, {
        operator,
        class: messageClass,
      })
    },
    throttled({ operator, messageClass }) {
      throttled.inc({ operator, class: messageClass })
      report(`throttled ${operator} ${messageClass}`, 1, (calls) =>
        logger.warn('operator throttles calls', { operator, class: messageClass, calls }),
      )
    },
    paceChanged({ operator, messageClass, callsPerSecond }) {
      paces.set({ operator, class: messageClass }, callsPerSecond ?? Infinity)
    },
  }
}
