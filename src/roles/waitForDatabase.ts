import { setTimeout as pause } from 'node:timers/promises'
import { CommitUnknown, isRefusedLogin } from '../platform/db/index.ts'
import { StartupFault } from '../platform/startupFault.ts'
import { explainUntrusted } from '../platform/untrusted.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'

/**
 * Retries a step of the start while the database is unavailable. Every step is idempotent, because an outage may
 * interrupt it. @throws StartupFault when the login is refused, or the wait has lasted too long.
 * @param fault stands before the message of any other error.
 */
export type WaitForDatabase = <T>(work: () => Promise<T>, fault?: string) => Promise<T>

/** How long a start waits for the database, which may be starting too. Then the start fails with one line. */
const DATABASE_TIMEOUT_MS = 60_000
const RETRY_MS = 1_000

/** All steps of a start share its time, which begins now. */
export function createDatabaseWait(logger: Logger): WaitForDatabase {
  const endsAtMs = performance.now() + DATABASE_TIMEOUT_MS
  return async (work, fault = '') => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (isRefusedLogin(error))
          throw new StartupFault(
            `the database refuses the connection that DATABASE_URL describes: ${(error as Error).message}`,
            { cause: error },
          )
        const untrusted = explainUntrusted(error)
        if (untrusted !== undefined)
          throw new StartupFault(`the database at DATABASE_URL ${untrusted}`, { cause: error })
        if (!(error instanceof Unavailable || error instanceof CommitUnknown))
          throw new StartupFault(fault + (error as Error).message, { cause: error })
        if (performance.now() > endsAtMs)
          throw new StartupFault('the database cannot be reached', { cause: error })
        logger.warn('waiting for the database', { error })
        await pause(RETRY_MS)
      }
    }
  }
}
