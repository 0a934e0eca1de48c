import { countQuarantine } from '../../messages/index.ts'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { Gauge } from '../../platform/telemetry/index.ts'
import type { Registry } from '../../platform/telemetry/index.ts'

/** The table is read once in this time, however many clients scrape. */
const CACHE_MS = 5_000
/** Counting stops here. The number is for alerts. */
const COUNT_MAX = 10_000

/** A gauge of messages that wait for a person's decision. */
export function observeQuarantine(registry: Registry, db: Db): void {
  let readAtMs = -Infinity
  new Gauge({
    name: 'chapar_quarantine_messages',
    help: 'Recipients that are quarantined now and wait for a decision; counted up to 10000',
    registers: [registry],
    async collect() {
      if (performance.now() - readAtMs < CACHE_MS) return
      try {
        this.set(await read(db, 'quarantine.count', (reader) => countQuarantine(reader, COUNT_MAX)))
        readAtMs = performance.now()
      } catch {
        // While the database is unavailable, the gauge keeps its last value.
      }
    },
  })
}
