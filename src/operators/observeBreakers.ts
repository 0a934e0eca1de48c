import { Gauge } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import type { BreakerState } from './breaker.ts'
import type { Operators } from './registry.ts'

const STATES: readonly BreakerState[] = ['closed', 'open', 'half-open']

/** Shows the circuit breakers as they are when they are read: no series is left of an operator that is gone. */
export function observeBreakers(registry: Registry, operators: Pick<Operators, 'breakers'>): void {
  new Gauge({
    name: 'chapar_breaker_state',
    help: '1 for the state of the circuit breaker of an operator and class, 0 for the other states; 0 for all while the operator is paused or drained',
    labelNames: ['operator', 'class', 'state'] as const,
    registers: [registry],
    collect() {
      this.reset()
      for (const { operator, messageClass, state } of operators.breakers())
        for (const each of STATES)
          this.set({ operator, class: messageClass, state: each }, each === state ? 1 : 0)
    },
  })
}
