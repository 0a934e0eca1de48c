import type { Role } from '../steps.ts'
import type { End, Hit, World } from './hit.ts'

/** `kill -9`, or SIGSTOP beyond every lease and time-out, of one process of a role. */
export async function inflictOnProcess({ crew }: World, { kind, random, forMs }: Hit): Promise<End> {
  const [what, role] = kind.split(' ') as ['kill' | 'freeze', Role]
  const post = random.pick(crew.of(role))
  if (what === 'kill') {
    await post.kill()
    return () => Promise.resolve()
  }
  const freezing = post.freeze(forMs)
  return () => freezing
}
