import { setTimeout as pause } from 'node:timers/promises'
import { databaseNowMs, migrate, selfTest } from '../platform/db/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { StartupFault } from '../platform/startupFault.ts'
import { createMetrics } from '../platform/telemetry/index.ts'
import type { Logger, Metrics } from '../platform/telemetry/index.ts'
import { identifierMaker } from '../primitives/identifier.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Config } from './config.ts'
import { openPools } from './pools.ts'
import type { Pools } from './pools.ts'

/** What every role stands on. */
export interface Foundation {
  config: Config
  logger: Logger
  metrics: Metrics
  pools: Pools
  newId: () => string
}

/** A database that starts beside us is waited for; one that stays away ends the start with one line. */
const DATABASE_PATIENCE_MS = 60_000
const RETRY_MS = 1_000

/** Opens the database, brings it to this program's version and sees that it keeps what the engine rests on. */
export async function layFoundation(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<Foundation> {
  const metrics = createMetrics({ withRuntime: true })
  await waitForDatabase(config, logger)
  const pools = openPools(config, metrics.registry)
  lifecycle.add({ name: 'database', close: () => pools.close() })
  try {
    await selfTest(pools.requests)
  } catch (error) {
    throw new StartupFault(`the database does not fit: ${(error as Error).message}`, { cause: error })
  }
  return { config, logger, metrics, pools, newId: identifierMaker(() => databaseNowMs(pools.requests)) }
}

async function waitForDatabase(config: Config, logger: Logger): Promise<void> {
  const endsAtMs = performance.now() + DATABASE_PATIENCE_MS
  for (;;) {
    try {
      const applied = await migrate(config.databaseUrl)
      if (applied.length > 0) logger.info('migrated', { migrations: applied })
      return
    } catch (error) {
      if (!(error instanceof Unavailable)) throw new StartupFault((error as Error).message, { cause: error })
      if (performance.now() > endsAtMs)
        throw new StartupFault('the database cannot be reached', { cause: error })
      logger.warn('the database is away', { error })
      await pause(RETRY_MS)
    }
  }
}
