import { oncePerMinute } from '../../platform/telemetry/index.ts'
import type { Logger, Registry } from '../../platform/telemetry/index.ts'
import type { operatorMetrics } from '../metrics.ts'
import { OPERATOR_STATES } from '../operatorState.ts'
import { createFileEvents } from './fileEvents.ts'
import type { FileEvents } from './fileEvents.ts'
import type { OperatorState } from '../operatorState.ts'

/** The facts of the operators' file and of their control. */
export interface ControlEvents extends FileEvents {
  operatorRegistered(fact: { operator: string }): void
  /** The operators cannot be listed and controlled as they are now. */
  notAnnounced(error: unknown): void
  /** What a person made of it is in effect in this process. */
  controlled(fact: { operator: string; state: OperatorState }): void
  /** The last known controls stay in effect. */
  controlsUnreadable(error: unknown): void
}

type ControlMetrics = Pick<ReturnType<typeof operatorMetrics>, 'controls'>

export function createControlEvents(
  logger: Logger,
  registry: Registry,
  { controls }: ControlMetrics,
): ControlEvents {
  const report = oncePerMinute()
  const states = new Map<string, OperatorState>()
  const show = (operator: string) => {
    for (const state of OPERATOR_STATES)
      controls.set({ operator, state }, state === (states.get(operator) ?? 'active') ? 1 : 0)
  }
  return {
    ...createFileEvents(logger, registry),
    operatorRegistered: ({ operator }) => show(operator),
    notAnnounced: (error) => logger.warn('operators are not announced', { error }),
    controlled({ operator, state }) {
      if ((states.get(operator) ?? 'active') === state) return
      states.set(operator, state)
      show(operator)
      logger.warn(`operator ${state}`, { operator })
    },
    controlsUnreadable: (error) =>
      report('controls', 1, (count) =>
        logger.warn('could not read the control of operators; the last known one stays in effect', {
          error,
          count,
        }),
      ),
  }
}
