import type { Db } from '../platform/db/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { readDepth } from './depth.ts'
import type { Depth } from './depth.ts'
import { depthMetrics } from './metrics.ts'

/** Of both classes. While the database is unavailable, the last known one; undefined before the first. */
export type ReadDepths = () => Promise<Record<MessageClass, Depth> | undefined>

/** The tables are read once in this time, however many clients scrape. */
const CACHE_MS = 5_000

/** Gauges of unfinished work by class, and of the age of the oldest row due for publishing. @returns what they show. */
export function observeDepth(registry: Registry, db: Db): ReadDepths {
  const readDepths = openDepths(db)
  const { rows, oldest } = depthMetrics(registry, async () => {
    const depths = await readDepths()
    for (const type of depths ? CLASSES : []) {
      rows.set({ class: type }, depths?.[type].rows ?? 0)
      oldest.set({ class: type }, depths?.[type].oldestDueSeconds ?? 0)
    }
  })
  return readDepths
}

function openDepths(db: Db): ReadDepths {
  let readAtMs = -Infinity
  let latest: Record<MessageClass, Depth> | undefined
  let reading: Promise<void> | undefined
  return async () => {
    if (performance.now() - readAtMs >= CACHE_MS) {
      reading ??= Promise.all([readDepth(db, 'normal'), readDepth(db, 'express')])
        .then(([normal, express]) => {
          readAtMs = performance.now()
          latest = { normal, express }
        })
        .catch(() => {})
        .finally(() => (reading = undefined))
      await reading
    }
    return latest
  }
}
