import { setTimeout as pause } from 'node:timers/promises'
import { CommitUnknown, databaseNowMs, isRefusedLogin, migrate, selfTest } from '../platform/db/index.ts'
import type { Lifecycle } from '../platform/lifecycle.ts'
import { StartupFault } from '../platform/startupFault.ts'
import { createMetrics } from '../platform/telemetry/index.ts'
import type { Logger, Metrics } from '../platform/telemetry/index.ts'
import { identifierMaker } from '../primitives/identifier.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import type { Config } from './config.ts'
import { openPools } from './pools.ts'
import type { Pools } from './pools.ts'

/** What every role uses. */
export interface SharedResources {
  config: Config
  logger: Logger
  metrics: Metrics
  pools: Pools
  newId: () => string
}

/** How long a start waits for the database, which may be starting too. Then the start fails with one line. */
const DATABASE_TIMEOUT_MS = 60_000
const RETRY_MS = 1_000

/** Migrates the database, opens its pools and tests that the server has the behaviour the engine relies on. */
export async function openSharedResources(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<SharedResources> {
  const metrics = createMetrics({ withRuntime: true })
  const endsAtMs = performance.now() + DATABASE_TIMEOUT_MS
  const waiting = <T>(work: () => Promise<T>, fault = '') =>
    waitForDatabase(work, { endsAtMs, fault, logger })
  const applied = await waiting(() => migrate(config.databaseUrl))
  if (applied.length > 0) logger.info('database migrated', { migrations: applied })
  const pools = openPools(config, metrics.registry)
  lifecycle.add({ name: 'database', close: () => pools.close() })
  await waiting(() => selfTest(pools.requests), 'the database does not fit: ')
  return { config, logger, metrics, pools, newId: identifierMaker(() => databaseNowMs(pools.requests)) }
}

/**
 * Retries a step of the start while the database is unavailable. Every step is idempotent, because an outage may
 * interrupt it. @throws StartupFault when the login is refused, or the wait has lasted too long.
 */
async function waitForDatabase<T>(
  work: () => Promise<T>,
  { endsAtMs, fault, logger }: { endsAtMs: number; fault: string; logger: Logger },
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (isRefusedLogin(error))
        throw new StartupFault(
          `the database refuses the connection that DATABASE_URL describes: ${(error as Error).message}`,
          { cause: error },
        )
      if (!(error instanceof Unavailable || error instanceof CommitUnknown))
        throw new StartupFault(fault + (error as Error).message, { cause: error })
      if (performance.now() > endsAtMs)
        throw new StartupFault('the database cannot be reached', { cause: error })
      logger.warn('waiting for the database', { error })
      await pause(RETRY_MS)
    }
  }
}
