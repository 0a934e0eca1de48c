import { withinDefaults } from '../audit/index.ts'
import type { EngineLimits } from '../audit/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { createRetentionEvents, startRetention } from '../retention/index.ts'
import type { SharedResources } from './sharedResources.ts'

/** Off unless a setting says how long rows are kept. */
export function startRemoval(
  { config, pools, logger, metrics }: SharedResources,
  limits: Partial<EngineLimits>,
): Part[] {
  const { retention, databaseUrl } = config
  const events = createRetentionEvents(logger, metrics.registry)
  if (Object.keys(retention.kept).length === 0) return []
  const removal = startRetention({
    ...retention,
    ...{ db: pools.work.normal, databaseUrl, limits: withinDefaults(limits), events },
  })
  return [{ name: 'removal of old rows', takesWork: true, close: () => removal.close() }]
}
