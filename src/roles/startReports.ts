import type { Part } from '../platform/lifecycle.ts'
import { createReportFacts, keepFolding, keepRemovingRollups, readLag } from '../reports/index.ts'
import type { SharedResources } from './sharedResources.ts'

/** What the relay does for reports: it counts messages into rollups and deletes old ones. */
export function startReports({
  pools,
  logger,
  metrics,
}: Pick<SharedResources, 'pools' | 'logger' | 'metrics'>): Part[] {
  const db = pools.work.normal
  const facts = createReportFacts(logger, metrics.registry, () => readLag(pools.requests))
  const loops = { rollups: keepFolding({ db, facts }), 'old rollups': keepRemovingRollups({ db, facts }) }
  return Object.entries(loops).map(([name, loop]) => ({ name, takesWork: true, close: () => loop.close() }))
}
