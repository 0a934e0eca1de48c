import { oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { BreakerState } from './breaker.ts'
import { RESULT_KINDS } from './callResult.ts'
import { ODDITIES } from './contract.ts'
import type { AdapterFact, CallResult, MessageClass, OperatorResult, QueryAnswer } from './contract.ts'
import { createControlEvents } from './control/events.ts'
import type { ControlEvents } from './control/events.ts'
import { operatorMetrics } from './metrics.ts'

/** One call that was made (or tried), with the results of the messages in it. */
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
export interface OperatorEvents extends ControlEvents {
  operatorRegistered(fact: { operator: string }): void
  operatorCalled(call: OperatorCall): void
  /** It was asked for the state of messages, each of which has one answer. */
  operatorAsked(fact: { operator: string; answers: QueryAnswer['kind'][] }): void
  breakerChanged(change: OperatorOfClass & { state: BreakerState }): void
  throttled(fact: OperatorOfClass): void
  /** Null: unlimited. */
  paceChanged(change: OperatorOfClass & { callsPerSecond: number | null }): void
  /** Something that an adapter learned outside its calls. */
  adapterLearned(operator: string, fact: AdapterFact): void
}

const ANSWERS = ['taken', 'not_taken', 'not_known'] as const
const CALL_RESULTS = ['answered', 'refused', 'throttled', 'unavailable', 'unknown'] as const

export function createOperatorEvents(logger: Logger, registry: Registry): OperatorEvents {
  const { calls, results, questions, throttled, paces, identifiers, links, outside, ...ofControl } =
    operatorMetrics(registry)
  // The metrics count every time.
  const report = oncePerMinute()
  const control = createControlEvents(logger, registry, ofControl)
  return {
    ...control,
    operatorRegistered({ operator }) {
      control.operatorRegistered({ operator })
      for (const result of CALL_RESULTS) calls.zero({ operator, result })
      for (const result of RESULT_KINDS) results.inc({ operator, result }, 0)
      for (const answer of ANSWERS) questions.inc({ operator, answer }, 0)
      identifiers.inc({ operator }, 0)
      for (const each of CLASSES) {
        throttled.inc({ operator, class: each }, 0)
        paces.set({ operator, class: each }, Infinity)
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
    operatorAsked({ operator, answers }) {
      for (const answer of answers) questions.inc({ operator, answer })
    },
    breakerChanged({ operator, messageClass, state }) {
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
    adapterLearned(operator, fact) {
      if (fact.kind !== 'links') return outside.inc({ operator, event: fact.kind })
      // Operators without links have no such series.
      for (const event of ['late_result', ...ODDITIES]) outside.inc({ operator, event }, 0)
      const { up, configured, reason } = fact
      links.set({ operator, state: 'up' }, up)
      links.set({ operator, state: 'configured' }, configured)
      if (up === configured) return logger.info('all operator links are up', { operator, links: up })
      if (reason === '') return
      report(`links ${operator}`, 1, (changes) =>
        logger.warn('operator link is down', { operator, up, configured, reason, changes }),
      )
    },
  }
}
