import { Breaker } from './breaker.ts'
import type { BreakerSettings, BreakerState } from './breaker.ts'
import type { MessageClass } from './contract.ts'
import type { OperatorEvents } from './events.ts'
import { httpAdapter } from './http/adapter.ts'
import type { Operator } from './attempt.ts'

export interface OperatorsSettings {
  /** In order of preference. Names are unique: they are what is stored with a message. */
  endpoints: readonly { name: string; url: string }[]
  /** Sockets to each operator for each class, which the other class can take none of. */
  connections: Record<MessageClass, number>
  /** Messages of one call; the protocol's limit when it is not given. */
  batchSizeMax?: number
  events: OperatorEvents
  breaker?: Partial<BreakerSettings>
}

export interface Operators {
  /** The operators as this class reaches them, in order of preference. */
  of(messageClass: MessageClass): readonly Operator[]
  states(): { operator: string; state: BreakerState }[]
  /** True while no operator would take a call: all breakers open, or half-open with their probe under way. */
  allOpen(): boolean
  /** Resolves once some operator may take a call; rejects with the signal's reason when that comes first. */
  whenAdmitting(signal: AbortSignal): Promise<void>
  /** Ends once the calls in flight have ended, which their timeouts bound. */
  close(): Promise<void>
}

/** Builds every operator: one breaker each, because an operator fails for all classes, and adapters per class. */
export function registerOperators(settings: OperatorsSettings): Operators {
  const { endpoints, connections, batchSizeMax, events } = settings
  const names = new Set(endpoints.map(({ name }) => name))
  if (names.size !== endpoints.length) throw new TypeError('two operators bear one name')

  const normal: Operator[] = []
  const express: Operator[] = []
  for (const { name, url } of endpoints) {
    const breaker = new Breaker(settings.breaker)
    breaker.onChange((state) => events.breakerChanged({ operator: name, state }))
    const adapterOf = (messageClass: MessageClass) =>
      httpAdapter({
        name,
        url,
        connections: connections[messageClass],
        ...(batchSizeMax === undefined ? {} : { batchSizeMax }),
      })
    normal.push({ name, breaker, adapter: adapterOf('normal') })
    express.push({ name, breaker, adapter: adapterOf('express') })
  }
  const breakers = normal.map(({ breaker }) => breaker)

  return {
    of: (messageClass) => (messageClass === 'express' ? express : normal),
    states: () => normal.map(({ name, breaker }) => ({ operator: name, state: breaker.state() })),
    allOpen: () => !breakers.some((breaker) => breaker.isAdmitting()),
    whenAdmitting: (signal) => whenAdmitting(breakers, signal),
    close: async () => {
      await Promise.all([...normal, ...express].map(({ adapter }) => adapter.close()))
      for (const breaker of breakers) breaker.close()
    },
  }
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
