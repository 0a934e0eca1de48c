import { setTimeout as pause } from 'node:timers/promises'
import { ROLES } from '../steps.ts'
import type { Post } from '../stage/post.ts'
import { overAtOnce } from './fault.ts'
import type { Fault, Inflicted } from './fault.ts'

/** Beyond leases and time-outs. */
const CALM_FREEZE_MS = 13_000

/** `kill -9`, or SIGSTOP beyond every lease and time-out, of one process of a role. */
export const PROCESS_FAULTS: readonly Fault[] = [
  ...ROLES.map((role): Fault => ({
    ...{ kind: `kill ${role}`, group: 'process', weight: 5, isMomentary: true, isSample: true },
    inflict: async ({ crew }, { random }) =>
      (await random.pick(crew.of(role)).kill()) ? overAtOnce : undefined,
  })),
  ...ROLES.map((role): Fault => ({
    ...{ kind: `freeze ${role}`, group: 'process', weight: 1 },
    ...{ isSample: role === 'consumer', calmMs: CALM_FREEZE_MS },
    inflict: ({ crew }, { random, forMs }) => Promise.resolve(freeze(random.pick(crew.of(role)), forMs)),
  })),
]

function freeze(post: Post, forMs: number): Inflicted {
  const thaw = post.freeze()
  const frozen = thaw && pause(forMs).then(thaw)
  return frozen && (() => frozen)
}
