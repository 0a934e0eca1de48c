import { setTimeout as pause } from 'node:timers/promises'
import type { Fault, World } from './faults/fault.ts'
import type { Prober } from './probe.ts'
import { openRandom } from './random.ts'
import type { Random } from './random.ts'
import type { Tally } from './tally.ts'
import { untilHealthy } from './untilHealthy.ts'

/** How long it took from the end of a fault until everything worked again, unaided. */
export interface Recovery {
  kind: string
  /** Undefined: it had not recovered when the time was over. */
  recoveredMs: number | undefined
  withinMs: number
}

const RECOVER_WITHIN_MS = 15_000
const CALM_FAULT_MS = 3_000
const TIMEOUT_MS = 60_000

/** The calm part: one fault of each kind alone, and nothing else. */
export async function recoverFromEach(
  world: World,
  faults: readonly Fault[],
  prober: Prober,
  { tally, seed, say }: { tally: Tally; seed: number; say: (line: string) => void },
): Promise<Recovery[]> {
  const recoveries: Recovery[] = []
  for (const [number, fault] of faults.entries()) {
    const { kind, recoverWithinMs: withinMs = RECOVER_WITHIN_MS } = fault
    if (!(await untilHealthy(world, prober, TIMEOUT_MS)))
      tally.noteProblem(`${kind}: not everything was healthy before it`)
    const recoveredMs = await recoverFrom(world, fault, prober, {
      tally,
      random: openRandom(seed + number),
    }).catch((error: unknown) => {
      tally.noteProblem(`${kind}: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    })
    recoveries.push({ kind, recoveredMs, withinMs })
    const after =
      recoveredMs === undefined ? 'not recovered' : `recovered after ${(recoveredMs / 1_000).toFixed(1)} s`
    say(`${kind}: ${after}, at most ${withinMs / 1_000} s`)
  }
  return recoveries
}

/** @returns from the end of the fault; undefined when the time was over. */
async function recoverFrom(
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
  return (await untilHealthy(world, prober, TIMEOUT_MS)) ? performance.now() - fromMs : undefined
}

export function isRecoveredInTime({ recoveredMs, withinMs }: Recovery): boolean {
  return recoveredMs !== undefined && recoveredMs < withinMs
}
