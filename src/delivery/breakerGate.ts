import { setTimeout as pause } from 'node:timers/promises'
import type { Operators } from '../operators/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** Lets envelopes pass to the operators. The returned function ends the envelope's turn. */
export interface BreakerGate {
  pass(stopping: AbortSignal): Promise<() => void>
}

/** A probe needs some milliseconds to reach its operator, which looks free until then. The next envelope checks again. */
const CHECK_AGAIN_MS = 50

/**
 * Blocks envelopes while every operator is paused or its breaker is open, so that an outage does not refund the
 * backlog; half-open, one passes as the probe. Rejects when `stopping` is aborted.
 */
export function openBreakerGate(
  operators: Pick<Operators, 'of' | 'whenAdmitting'>,
  type: MessageClass,
): BreakerGate {
  let probe: Promise<void> | undefined
  return {
    pass: async (stopping) => {
      for (;;) {
        await operators.whenAdmitting(type, stopping)
        const admitting = operators.of(type).filter(({ breaker }) => breaker.isAdmitting())
        if (admitting.some(({ breaker }) => breaker.state() === 'closed')) return () => {}
        if (probe) {
          await Promise.race([probe, pause(CHECK_AGAIN_MS)])
          continue
        }
        const turn = Promise.withResolvers<void>()
        probe = turn.promise
        return () => {
          probe = undefined
          turn.resolve()
        }
      }
    },
  }
}
