import { setTimeout as pause } from 'node:timers/promises'
import { recordForgotten } from '../src/deadlines/index.ts'
import { databaseNowMs } from '../src/platform/db/index.ts'
import type { Db } from '../src/platform/db/index.ts'
import { foldOnce, recompute } from '../src/reports/index.ts'

/** Two minutes ahead of the last message: its minute is counted as a whole, and audited. */
const ALL: Parameters<typeof foldOnce>[1] = { countedAfterMs: -120_000 }
/** A process that was killed is taken for running for ten seconds. */
const TRIES_MAX = 60
const AGAIN_MS = 1_000
const DAY_MS = 86_400_000

/** Counts everything into the rollups when nothing accepts or settles any more. @returns what went wrong, as lines. */
export async function drainReports(db: Db): Promise<string[]> {
  for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
    const folded = await foldOnce(db, ALL)
    if (folded.kind === 'folded') {
      if (!folded.isFull && folded.changes === 0) return []
      attempt--
    } else await pause(AGAIN_MS)
  }
  return ['the rollups of reports were not drained in time']
}

/**
 * What is to be done after an update from a version whose processes do not report themselves and know no guarantees: the
 * fold could not know of them, and what they ended left no notes and no misses.
 * @param updatedAtMs since when the present program runs alone: it has to record the misses of what it accepted.
 */
export async function recountAfterUpgrade(db: Db, updatedAtMs: number): Promise<void> {
  const nowMs = databaseNowMs(db)
  await recompute(db, { fromMs: nowMs - DAY_MS, toMs: nowMs })
  await recordForgotten(db, { fromMs: nowMs - DAY_MS, toMs: updatedAtMs })
}
