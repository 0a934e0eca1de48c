import type { BreakerState } from './breaker.ts'
import type { MessageClass } from './contract.ts'
import type { Link } from './link.ts'
import type { OperatorState } from './operatorState.ts'
import type { OperatorConfig } from './protocols.ts'

interface LiveOperators {
  configs: readonly OperatorConfig[]
  links: ReadonlyMap<string, Link>
  stateOf: (operator: string) => OperatorState
}

/** One circuit breaker of an operator in the file. */
export interface BreakerReading {
  operator: string
  messageClass: MessageClass
  /** Null while a person has the operator paused or drained. */
  state: BreakerState | null
}

/** @returns the breakers of all operators of the file, and of the test operator. */
export function readBreakers(
  { configs, links, stateOf }: LiveOperators,
  test: Link | undefined,
): BreakerReading[] {
  const live = configs.flatMap((config) => {
    return breakersOf(config, stateOf(config.name) === 'active' ? links.get(config.name) : undefined)
  })
  return [...live, ...(test ? breakersOf(test.config, test) : [])]
}

/** @param link undefined where no call is made. */
function breakersOf({ name, classes }: OperatorConfig, link: Link | undefined): BreakerReading[] {
  return classes.map((messageClass) => {
    const state = link?.of[messageClass]?.breaker.state() ?? null
    return { operator: name, messageClass, state }
  })
}
