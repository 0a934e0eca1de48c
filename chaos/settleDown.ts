import { drain } from './drain.ts'
import type { World } from './faults/fault.ts'
import type { EngineStage } from './stage/stage.ts'
import type { Prober } from './probe.ts'
import type { Tally } from './tally.ts'
import { untilHealthy } from './untilHealthy.ts'

export const START_TIMEOUT_MS = 60_000

/** Waits until the system has recovered unaided and every accepted message has finished. */
export async function settleDown(
  world: World<EngineStage>,
  prober: Prober,
  tally: Tally,
  say: (line: string) => void,
): Promise<void> {
  if (!(await untilHealthy(world, prober, START_TIMEOUT_MS)))
    tally.noteProblem('not everything was healthy in time')
  const open = await drain(world.stage.db, say)
  if (open > 0) tally.noteProblem(`${open} outbox rows were not settled in time`)
}
