import { CLASSES } from '../primitives/messageClass.ts'
import type { Operator } from './attempt.ts'
import { Breaker } from './breaker.ts'
import type { BreakerSettings, BreakerState } from './breaker.ts'
import { createAdapter } from './config.ts'
import type { OperatorConfig } from './config.ts'
import type { MessageClass, OperatorAdapter } from './contract.ts'
import type { OperatorEvents } from './events.ts'
import { createPaces } from './pace.ts'

export interface OperatorsSettings {
  /** In order of preference. Names are unique: they are what is stored with a message. */
  operators: readonly OperatorConfig[]
  events: OperatorEvents
  breaker?: Partial<BreakerSettings>
}

export interface Operators {
  /** The operators as this class reaches them, in order of preference. */
  of(messageClass: MessageClass): readonly Operator[]
  states(): BreakerStateOf[]
  /** Resolves once some operator may take a call of this class; rejects with the signal's reason. */
  whenAdmitting(messageClass: MessageClass, signal: AbortSignal): Promise<void>
  /** Ends once the calls in flight have ended, which their time limits bound. */
  close(): Promise<void>
}

export interface BreakerStateOf {
  operator: string
  messageClass: MessageClass
  state: BreakerState
}

/**
 * Builds every operator: one adapter each, whose connections the classes share, and a breaker and a pace for each class,
 * so that one class's traffic never closes an operator to the other class (invariant 5).
 */
export function registerOperators({ operators, events, breaker }: OperatorsSettings): Operators {
  const names = new Set(operators.map(({ name }) => name))
  if (names.size !== operators.length) throw new TypeError('two operators have one name')
  const links = operators.map((config) => open(config, events, breaker))
  const of = (messageClass: MessageClass) => links.map((link) => link[messageClass])
  const byClass = { normal: of('normal'), express: of('express') }
  return {
    of: (messageClass) => byClass[messageClass],
    states: () =>
      CLASSES.flatMap((messageClass) =>
        byClass[messageClass].map(({ name, breaker }) => {
          return { operator: name, messageClass, state: breaker.state() }
        }),
      ),
    whenAdmitting: (messageClass, signal) => {
      const breakers = byClass[messageClass].map(({ breaker }) => breaker)
      return whenAdmitting(breakers, signal)
    },
    close: async () => {
      await Promise.all(links.map(({ adapter }) => adapter.close()))
      for (const { normal, express } of links) {
        normal.breaker.close()
        express.breaker.close()
      }
    },
  }
}

interface Link {
  adapter: OperatorAdapter
  normal: Operator
  express: Operator
}

function open(config: OperatorConfig, events: OperatorEvents, settings?: Partial<BreakerSettings>): Link {
  const { name, deduplicatesReferences, keepsOurReference } = config
  const adapter = createAdapter(config)
  const paces = createPaces()
  const link = (messageClass: MessageClass): Operator => {
    const breaker = new Breaker(settings)
    breaker.onChange((state) => events.breakerChanged({ operator: name, messageClass, state }))
    const pace = paces[messageClass]
    return { name, adapter, breaker, pace, deduplicatesReferences, keepsOurReference }
  }
  return { adapter, normal: link('normal'), express: link('express') }
}

function whenAdmitting(breakers: Breaker[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscriptions: (() => void)[] = []
    const check = () => {
      if (!signal.aborted && !breakers.some((breaker) => breaker.isAdmitting())) return
      for (const unsubscribe of subscriptions) unsubscribe()
      signal.removeEventListener('abort', check)
      if (signal.aborted) reject(signal.reason as Error)
      else resolve()
    }
    // A probe that ends always changes its breaker's state, so no other moment has to be watched.
    for (const breaker of breakers) subscriptions.push(breaker.onChange(check))
    signal.addEventListener('abort', check)
    check()
  })
}
