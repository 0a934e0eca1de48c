import { setTimeout as pause } from 'node:timers/promises'
import type { Operators } from '../operators/index.ts'

/** Lets envelopes through to the operators. The returned function ends the envelope's turn. */
export interface Gate {
  pass(stopping: AbortSignal): Promise<() => void>
}

/**
 * A probe's envelope takes some milliseconds to reach its operator, which looks free until then. Whoever waits looks
 * again after this time and from then on waits for the operators.
 */
const LOOK_AGAIN_MS = 50

/**
 * While every operator is open nothing passes, so that an outage does not turn the backlog into refunds; while the
 * best of them is half-open one envelope passes at a time, as the probe. Once one has closed all pass, though the
 * probe's envelope may have much left to do. Rejects when `stopping` is aborted.
 */
export function openGate(operators: Pick<Operators, 'states' | 'whenAdmitting'>): Gate {
  let probe: Promise<void> | undefined
  return {
    pass: async (stopping) => {
      for (;;) {
        await operators.whenAdmitting(stopping)
        if (operators.states().some(({ state }) => state === 'closed')) return () => {}
        if (probe) {
          await Promise.race([probe, pause(LOOK_AGAIN_MS)])
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
