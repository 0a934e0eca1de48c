import type { Role } from '../steps.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { Hit, Inflicted, World } from './hit.ts'

/** `kill -9`, or SIGSTOP beyond every lease and time-out, of one process of a role. */
export async function inflictOnProcess({ crew }: World, { kind, random, forMs }: Hit): Promise<Inflicted> {
  const [what, role] = kind.split(' ') as ['kill' | 'freeze', Role]
  const post = random.pick(crew.of(role))
  if (what === 'kill') return (await post.kill()) ? () => Promise.resolve() : undefined
  const thaw = post.freeze()
  const frozen = thaw && pause(forMs).then(thaw)
  return frozen && (() => frozen)
}
