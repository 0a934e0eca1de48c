import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { Gauge } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { countWaiting } from './waiting.ts'

/** The table is read once in this time, however many clients scrape. */
const CACHE_MS = 5_000
/** Counting stops here. The number is for alerts. */
const COUNT_MAX = 100_000

/** A gauge of stored receipts that matched nothing so far. */
export function observeWaiting(registry: Registry, db: Db): void {
  let readAtMs = -Infinity
  const rows = new Gauge({
    name: 'chapar_receipts_waiting',
    help: 'Stored receipts that wait for a message, or are listed as orphans, counted up to a bound',
    labelNames: ['state'] as const,
    registers: [registry],
    async collect() {
      if (performance.now() - readAtMs < CACHE_MS) return
      try {
        const counts = await read(db, 'receipts.count', (reader) => countWaiting(reader, COUNT_MAX))
        readAtMs = performance.now()
        this.set({ state: 'waiting' }, counts.waiting)
        this.set({ state: 'orphan' }, counts.orphan)
      } catch {
        // While the database is unavailable, the gauge keeps its last values.
      }
    },
  })
  rows.set({ state: 'waiting' }, 0)
  rows.set({ state: 'orphan' }, 0)
}
