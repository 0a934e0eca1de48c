import { setTimeout as pause } from 'node:timers/promises'
import { GROUPS } from './faults/fault.ts'
import type { World } from './faults/fault.ts'
import type { Planned } from './faults/plan.ts'
import { openRandom } from './random.ts'
import type { Tally } from './tally.ts'

/**
 * The part in which faults overlap: each group's faults one after the other, the groups at once. Resolves when the last fault has ended.
 */
export async function chaosRun(
  world: World,
  planned: readonly Planned[],
  tally: Tally,
  say: (line: string) => void,
) {
  const startedAtMs = performance.now()
  const elapsedMs = () => performance.now() - startedAtMs
  const hit = async ({ fault, forMs, seed }: Planned) => {
    try {
      const end = await fault.inflict(world, { forMs, random: openRandom(seed) })
      if (!end) return
      tally.noteFault(fault.kind)
      say(fault.kind)
      await pause(fault.isMomentary ? 0 : forMs)
      await end()
    } catch (error) {
      tally.noteProblem(`${fault.kind}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const groups = GROUPS.map(async (group) => {
    const beside: Promise<void>[] = []
    for (const each of planned.filter(({ fault }) => fault.group === group)) {
      await pause(Math.max(0, each.atMs - elapsedMs()))
      const hitting = hit(each)
      // Processes die and freeze beside each other; a server has one fault at a time.
      if (group === 'process') beside.push(hitting)
      else await hitting
    }
    await Promise.all(beside)
  })
  await Promise.all(groups)
}
