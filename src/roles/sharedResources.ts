import { setTimeout as pause } from 'node:timers/promises'
import { CommitUnknown, databaseNowMs, migrate, selfTest } from '../platform/db/index.ts'
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
export interface SharedResources {
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
export async function openSharedResources(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<SharedResources> {
  const metrics = createMetrics({ withRuntime: true })
  const endsAtMs = performance.now() + DATABASE_PATIENCE_MS
  const patiently = <T>(work: () => Promise<T>, fault = '') =>
    waitForDatabase(work, { endsAtMs, fault, logger })
  const applied = await patiently(() => migrate(config.databaseUrl))
  if (applied.length > 0) logger.info('migrated', { migrations: applied })
  const pools = openPools(config, metrics.registry)
  lifecycle.add({ name: 'database', close: () => pools.close() })
  await patiently(() => selfTest(pools.requests), 'the database does not fit: ')
  return { config, logger, metrics, pools, newId: identifierMaker(() => databaseNowMs(pools.requests)) }
}

/**
 * Does it again while the database is away: it may go in the middle of a start, too, and between a COMMIT and its
 * answer. Every step of a start may be done twice.
 */
async function waitForDatabase<T>(
  work: () => Promise<T>,
  { endsAtMs, fault, logger }: { endsAtMs: number; fault: string; logger: Logger },
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof CommitUnknown))
        throw new StartupFault(fault + (error as Error).message, { cause: error })
      if (performance.now() > endsAtMs)
        throw new StartupFault('the database cannot be reached', { cause: error })
      logger.warn('the database is away', { error })
      await pause(RETRY_MS)
    }
  }
}
