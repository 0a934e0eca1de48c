import { Gauge } from '../platform/telemetry/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import { waitsByDecile } from './customerShares.ts'
import type { CustomerShares } from './customerShares.ts'

/** A gauge of how long messages wait for a relay, by tenths of the customers: do the small ones wait for the large? */
export function observeShares(registry: Registry, shares: CustomerShares): void {
  const waits = new Gauge({
    name: 'chapar_customer_wait_seconds',
    help: 'Mean time from acceptance, or from when it was due, to its claim by this relay, of a recipient in the last full minute, by tenths of the customers: decile 1 had the most recipients',
    labelNames: ['class', 'decile'] as const,
    registers: [registry],
    collect: () => {
      waits.reset()
      for (const type of CLASSES)
        for (const [index, waitMs] of waitsByDecile(shares.recent(type)).entries())
          if (waitMs !== undefined) waits.set({ class: type, decile: String(index + 1) }, waitMs / 1_000)
    },
  })
}
