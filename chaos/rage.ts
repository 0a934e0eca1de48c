import { setTimeout as pause } from 'node:timers/promises'
import { inflict } from './faults/inflict.ts'
import type { World } from './faults/hit.ts'
import { GROUPS } from './faults/kinds.ts'
import type { Planned } from './faults/plan.ts'
import { openRandom } from './random.ts'
import type { Tally } from './tally.ts'

/**
 * The part in which everything happens beside everything else: each group's faults one after the other, the groups at
 * once. Resolves when the last fault has ended.
 */
export async function rage(
  world: World,
  planned: readonly Planned[],
  tally: Tally,
  say: (line: string) => void,
) {
  const startedAtMs = performance.now()
  const elapsedMs = () => performance.now() - startedAtMs
  const hit = async (fault: Planned) => {
    try {
      const end = await inflict(world, { ...fault, random: openRandom(fault.seed) })
      if (!end) return
      tally.noteFault(fault.kind)
      say(fault.kind)
      await pause(isOverAtOnce(fault) ? 0 : fault.forMs)
      await end()
    } catch (error) {
      tally.noteWrong(`${fault.kind}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const groups = GROUPS.map(async (group) => {
    const momentary: Promise<void>[] = []
    for (const fault of planned.filter((each) => each.group === group)) {
      await pause(Math.max(0, fault.atMs - elapsedMs()))
      const hitting = hit(fault)
      // Processes of one role die and freeze beside each other; a server has one fault at a time.
      if (group === 'process') momentary.push(hitting)
      else await hitting
    }
    await Promise.all(momentary)
  })
  await Promise.all(groups)
}

function isOverAtOnce({ kind }: Planned): boolean {
  return kind.startsWith('kill ') || kind.endsWith(' cut') || kind.endsWith(' half-closed')
}
