import { setTimeout as pause } from 'node:timers/promises'
import type { Operators } from '../operators/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** Lets envelopes pass to the operators. The returned function ends the envelope's turn. */
export interface BreakerGate {
  pass(stopping: AbortSignal): Promise<() => void>
}

/**
 * A probe's envelope takes some milliseconds to reach its operator, which looks free until then. The next one checks
 * again after this time and from then on waits for the operators.
 */
const CHECK_AGAIN_MS = 50

/**
 * While every breaker of the class is open nothing passes, so that an outage does not turn the backlog into refunds;
 * while the best is half-open one envelope passes at a time, as the probe. Once one has closed all pass, though the
 * probe's envelope may have much left to do. Rejects when `stopping` is aborted.
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
        if (operators.of(type).some(({ breaker }) => breaker.state() === 'closed')) return () => {}
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
