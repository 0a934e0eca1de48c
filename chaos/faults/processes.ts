import { setTimeout as pause } from 'node:timers/promises'
import { ROLES } from '../steps.ts'
import type { SupervisedProcess } from '../stage/supervisedProcess.ts'
import { overAtOnce } from './fault.ts'
import type { Fault, Inflicted } from './fault.ts'

/** Beyond leases and time-outs. */
const CALM_FREEZE_MS = 13_000

/** `kill -9`, or SIGSTOP beyond every lease and time-out, of one process of a role. */
export const PROCESS_FAULTS: readonly Fault[] = [
  ...ROLES.map((role): Fault => ({
    ...{ kind: `kill ${role}`, group: 'process', weight: 5, isMomentary: true, isSample: true },
    inflict: async ({ processes }, { random }) =>
      (await random.pick(processes.of(role)).kill()) ? overAtOnce : undefined,
  })),
  ...ROLES.map((role): Fault => ({
    ...{ kind: `freeze ${role}`, group: 'process', weight: 1 },
    ...{ isSample: role === 'consumer', calmMs: CALM_FREEZE_MS },
    inflict: ({ processes }, { random, forMs }) =>
      Promise.resolve(freeze(random.pick(processes.of(role)), forMs)),
  })),
]

function freeze(supervised: SupervisedProcess, forMs: number): Inflicted {
  const thaw = supervised.freeze()
  const frozen = thaw && pause(forMs).then(thaw)
  return frozen && (() => frozen)
}
