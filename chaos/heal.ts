import { setTimeout as pause } from 'node:timers/promises'
import type { Fault, World } from './faults/fault.ts'
import type { Prober } from './probe.ts'
import { openRandom } from './random.ts'
import type { Random } from './random.ts'
import type { Tally } from './tally.ts'
import { untilWell } from './well.ts'

/** How long it took from the end of a fault until everything worked again, without anybody's help. */
export interface Healed {
  kind: string
  /** Undefined: it had not when the patience was over. */
  healedMs: number | undefined
  withinMs: number
}

const HEAL_WITHIN_MS = 15_000
const CALM_FAULT_MS = 3_000
const PATIENCE_MS = 60_000

/** The calm part: one fault of each kind alone, and nothing else. */
export async function healFromEach(
  world: World,
  faults: readonly Fault[],
  prober: Prober,
  { tally, seed, say }: { tally: Tally; seed: number; say: (line: string) => void },
): Promise<Healed[]> {
  const healed: Healed[] = []
  for (const [number, fault] of faults.entries()) {
    const { kind, healWithinMs: withinMs = HEAL_WITHIN_MS } = fault
    if (!(await untilWell(world, prober, PATIENCE_MS))) tally.noteWrong(`${kind}: not all was well before it`)
    const healedMs = await healFrom(world, fault, prober, { tally, random: openRandom(seed + number) }).catch(
      (error: unknown) => {
        tally.noteWrong(`${kind}: ${error instanceof Error ? error.message : String(error)}`)
        return undefined
      },
    )
    healed.push({ kind, healedMs, withinMs })
    const after =
      healedMs === undefined ? 'not healed' : `well again after ${(healedMs / 1_000).toFixed(1)} s`
    say(`${kind}: ${after}, at most ${withinMs / 1_000} s`)
  }
  return healed
}

/** @returns from the end of the fault; undefined when the patience was over. */
async function healFrom(
  world: World,
  fault: Fault,
  prober: Prober,
  { tally, random }: { tally: Tally; random: Random },
): Promise<number | undefined> {
  const { isMomentary, restarts, calmMs: forMs = CALM_FAULT_MS } = fault
  const end = await fault.inflict(world, { forMs, random })
  if (!end) throw new Error('there was nothing to hit')
  tally.noteFault(fault.kind)
  await pause(isMomentary ? 0 : forMs)
  const endsAtMs = performance.now()
  await end()
  // Of a server it counts from its start, of everything else from here.
  const fromMs = restarts ? endsAtMs : performance.now()
  return (await untilWell(world, prober, PATIENCE_MS)) ? performance.now() - fromMs : undefined
}

export function isHealedInTime({ healedMs, withinMs }: Healed): boolean {
  return healedMs !== undefined && healedMs < withinMs
}
