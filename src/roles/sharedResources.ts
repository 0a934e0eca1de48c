import { createDeadlineEvents } from '../deadlines/index.ts'
import type { DeadlineEvents } from '../deadlines/index.ts'
import type { OnLinkState } from '../platform/broker/index.ts'
import { databaseNowMs, migrate, selfTest } from '../platform/db/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { createMetrics } from '../platform/telemetry/index.ts'
import type { Logger, Metrics } from '../platform/telemetry/index.ts'
import { identifierMaker } from '../primitives/identifier.ts'
import type { Config } from './config.ts'
import { openPools } from './pools.ts'
import type { Pools } from './pools.ts'
import { openReceipts } from './openReceipts.ts'
import type { Receipts } from './openReceipts.ts'
import { openRoutes } from './openRoutes.ts'
import type { KnownRoutes } from './openRoutes.ts'
import { linkReporter } from './linkReporter.ts'
import { startReporting } from './reportState.ts'
import type { StateSources } from './reportState.ts'
import { createDatabaseWait } from './waitForDatabase.ts'
import type { WaitForDatabase } from './waitForDatabase.ts'

/** What every role uses. */
export interface SharedResources {
  config: Config
  logger: Logger
  metrics: Metrics
  pools: Pools
  newId: () => string
  receipts: Receipts
  routes: KnownRoutes
  onLinkState: OnLinkState
  stateSources: StateSources
  /** Of both roles that end recipients. */
  deadlines: DeadlineEvents
  /** For the rest of the start. */
  waitForDatabase: WaitForDatabase
}

/** Migrates the database, opens its pools and tests that the server has the behaviour the engine relies on. */
export async function openSharedResources(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<SharedResources> {
  const metrics = createMetrics({ withRuntime: true })
  const waitForDatabase = createDatabaseWait(logger)
  const applied = await waitForDatabase(() => migrate(config.databaseUrl))
  if (applied.length > 0) logger.info('database migrated', { migrations: applied })
  const pools = openPools(config, metrics.registry)
  lifecycle.add({ name: 'database', close: () => pools.close() })
  await waitForDatabase(() => selfTest(pools.requests), 'the database does not fit: ')
  const newId = identifierMaker(() => databaseNowMs(pools.requests))
  const deadlines = createDeadlineEvents(metrics.registry)
  const receipts = openReceipts(config, { pools, newId, logger, registry: metrics.registry, deadlines })
  const onLinkState = linkReporter(logger, metrics.registry)
  const stateSources = startReporting({ config, logger, metrics, pools, newId }, lifecycle)
  const opened = { config, logger, metrics, pools, newId, receipts, routes: openRoutes(config) }
  return { ...opened, onLinkState, stateSources, deadlines, waitForDatabase }
}
