import { registerOperators } from '../../src/operators/index.ts'
import type { Operators } from '../../src/operators/index.ts'
import { operatorOf } from '../operators/operatorOf.ts'
import { SILENT_EVENTS } from '../operators/silentEvents.ts'
import { eventually } from '../support/eventually.ts'

/** A port of the loopback address without a listener; what is tested here calls no operator. */
const NO_LISTENER = 'http://127.0.0.1:1'

/** Two registered operators whose breakers a test moves by hand. */
export interface Registered {
  operators: Operators
  /** Plays failed calls until the breaker opens. */
  open(name: string): Promise<void>
  halfOpen(name: string): Promise<void>
  /** One call that succeeds: a half-open breaker's probe closes it. */
  heal(name: string): Promise<void>
  fail(name: string): Promise<void>
}

/** `resetTimeoutMs`: how soon an open breaker turns half-open. */
export function registered(resetTimeoutMs: number): Registered {
  const operators = registerOperators({
    operators: ['a', 'b'].map((name) => operatorOf({ name, url: NO_LISTENER })),
    events: SILENT_EVENTS,
    breaker: { resetTimeoutMs },
  })
  const breakerOf = (name: string) => {
    const found = operators.of('normal').find((operator) => operator.name === name)
    if (!found) throw new Error(`no operator ${name}`)
    return found.breaker
  }
  const call = async (name: string, failed: boolean) => {
    const ticket = breakerOf(name).admit()
    if (!ticket) throw new Error(`operator ${name} admits nothing`)
    await breakerOf(name).record(ticket, failed)
  }
  const open = async (name: string) => {
    while (breakerOf(name).state() === 'closed') await call(name, true)
  }
  return {
    operators,
    open,
    halfOpen: async (name) => {
      await open(name)
      await eventually('half-open', () => breakerOf(name).state() === 'half-open')
    },
    heal: (name) => call(name, false),
    fail: (name) => call(name, true),
  }
}
