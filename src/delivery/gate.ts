import type { Operators } from '../operators/index.ts'

/** Lets envelopes through to the operators. The returned function ends the envelope's turn. */
export interface Gate {
  pass(stopping: AbortSignal): Promise<() => void>
}

/**
 * While every operator is open nothing passes, so that an outage does not turn the backlog into refunds; while the
 * best of them is half-open one envelope passes at a time, as the probe. Rejects when `stopping` is aborted.
 */
export function openGate(operators: Pick<Operators, 'states' | 'whenAdmitting'>): Gate {
  let probe: Promise<void> | undefined
  return {
    pass: async (stopping) => {
      for (;;) {
        await operators.whenAdmitting(stopping)
        if (operators.states().some(({ state }) => state === 'closed')) return () => {}
        if (probe) {
          await probe
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
