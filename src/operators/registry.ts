import { CLASSES } from '../primitives/messageClass.ts'
import type { Operator } from './attempt.ts'
import { Breaker } from './breaker.ts'
import type { BreakerSettings, BreakerState } from './breaker.ts'
import type { OperatorConfig } from './config.ts'
import { shareConnections } from './connectionShares.ts'
import type { MessageClass, OperatorAdapter } from './contract.ts'
import type { OperatorEvents } from './events.ts'
import { createPaces } from './pace.ts'
import { PROTOCOLS } from './protocols.ts'

export interface OperatorsSettings {
  /** In order of preference. Names are unique: they are what is stored with a message. */
  operators: readonly OperatorConfig[]
  events: OperatorEvents
  breaker?: Partial<BreakerSettings>
}

export interface Operators {
  /** The operators as this class reaches them, in order of preference. */
  of(messageClass: MessageClass): readonly Operator[]
  states(): { operator: string; messageClass: MessageClass; state: BreakerState }[]
  /** Resolves once the breaker of some operator admits a call of this class; rejects with the signal's reason. */
  whenAdmitting(messageClass: MessageClass, signal: AbortSignal): Promise<void>
  /** Ends once the calls in flight have ended, which their time limits bound. */
  close(): Promise<void>
}

/** One operator: an adapter whose connections the classes share, and a breaker and a pace for each class. */
interface Link {
  adapter: OperatorAdapter
  of: Record<MessageClass, Operator>
}

/**
 * Builds every operator. One class's traffic never closes an operator to the other class (invariant 5). Throws a
 * TypeError if two operators have one name or an adapter cannot use its settings.
 */
export function registerOperators({ operators, events, breaker }: OperatorsSettings): Operators {
  const names = new Set(operators.map(({ name }) => name))
  if (names.size !== operators.length) throw new TypeError('two operators have one name')
  const links = operators.map((config) => open(config, events, breaker))
  const byClass = {
    normal: links.map(({ of }) => of.normal),
    express: links.map(({ of }) => of.express),
  }
  const all = CLASSES.flatMap((messageClass) =>
    byClass[messageClass].map((operator) => ({ messageClass, operator })),
  )
  return {
    of: (messageClass) => byClass[messageClass],
    states: () =>
      all.map(({ messageClass, operator: { name, breaker } }) => {
        return { operator: name, messageClass, state: breaker.state() }
      }),
    whenAdmitting: (messageClass, signal) => {
      const breakers = byClass[messageClass].map(({ breaker }) => breaker)
      return whenAdmitting(breakers, signal)
    },
    close: async () => {
      await Promise.all(links.map(({ adapter }) => adapter.close()))
      for (const { operator } of all) operator.breaker.close()
    },
  }
}

function open(config: OperatorConfig, events: OperatorEvents, settings?: Partial<BreakerSettings>): Link {
  const { name, deduplicatesReferences, keepsOurReference } = config
  const adapter = PROTOCOLS[config.protocol].open(config)
  const adapters = shareConnections(adapter)
  const paces = createPaces({
    onThrottled: (messageClass) => events.throttled({ operator: name, messageClass }),
    onChange: (messageClass, callsPerSecond) =>
      events.paceChanged({ operator: name, messageClass, callsPerSecond }),
  })
  events.operatorRegistered({ operator: name })
  const linkOf = (messageClass: MessageClass): Operator => {
    const breaker = new Breaker(settings)
    breaker.onChange((state) => events.breakerChanged({ operator: name, messageClass, state }))
    return {
      ...{ name, breaker, deduplicatesReferences, keepsOurReference },
      adapter: adapters[messageClass],
      pace: paces[messageClass],
    }
  }
  return { adapter, of: { normal: linkOf('normal'), express: linkOf('express') } }
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
