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
  onLinkState: OnLinkState
  stateSources: StateSources
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
  const receipts = openReceipts(config, { pools, newId, logger, registry: metrics.registry })
  const onLinkState = linkReporter(logger, metrics.registry)
  const stateSources = startReporting({ config, logger, metrics, pools, newId }, lifecycle)
  return { config, logger, metrics, pools, newId, receipts, onLinkState, stateSources, waitForDatabase }
}
