import type { Db } from '../platform/db/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { readDepth } from './depth.ts'
import type { Depth } from './depth.ts'
import { depthMetrics } from './metrics.ts'

/** The tables are read once in this time, however many clients scrape. */
const CACHE_MS = 5_000

/** Gauges of unfinished work by class, and of the age of the oldest row due for publishing. */
export function observeDepth(registry: Registry, db: Db): void {
  const { rows, oldest } = depthMetrics(registry, () => refresh())
  let readAtMs = -Infinity
  let reading: Promise<void> | undefined
  const refresh = () => {
    if (performance.now() - readAtMs < CACHE_MS) return
    reading ??= readBoth(db)
      .then(([normal, express]) => {
        readAtMs = performance.now()
        rows.set({ class: 'normal' }, normal.rows)
        rows.set({ class: 'express' }, express.rows)
        oldest.set({ class: 'normal' }, normal.oldestDueSeconds)
        oldest.set({ class: 'express' }, express.oldestDueSeconds)
      })
      // While the database is unavailable, the gauges keep their last values.
      .catch(() => {})
      .finally(() => (reading = undefined))
    return reading
  }
}

function readBoth(db: Db): Promise<[Depth, Depth]> {
  return Promise.all([readDepth(db, 'normal'), readDepth(db, 'express')])
}
