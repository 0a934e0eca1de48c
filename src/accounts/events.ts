import type { Authorize } from '../platform/http/index.ts'
import { Counter, oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger, Registry } from '../platform/telemetry/index.ts'
import { Problem } from '../primitives/problem.ts'

/** The facts of this slice. None of them holds a key. */
export interface AccountsEvents {
  /** The process trusts no key that it has seen when this lasts. */
  revisionUnreadable(error: unknown): void
  lastUseUnwritten(error: unknown): void
  /** @returns the same decision, its refusals counted by their code. */
  countRefusals(authorize: Authorize): Authorize
}

export function createAccountsEvents(logger: Logger, registry: Registry): AccountsEvents {
  const refusals = new Counter({
    name: 'chapar_access_refusals_total',
    help: 'Requests refused for their API key, by code',
    labelNames: ['code'] as const,
    registers: [registry],
  })
  const report = oncePerMinute()
  const refused = (error: unknown): never => {
    if (error instanceof Problem) refusals.inc({ code: error.code })
    throw error
  }
  return {
    revisionUnreadable: (error) =>
      report('revision', 1, (count) =>
        logger.warn('could not read the revision of API keys', { error, count }),
      ),
    lastUseUnwritten: (error) =>
      report('last use', 1, (count) =>
        logger.warn('could not write the last use of API keys', { error, count }),
      ),
    countRefusals: (authorize) => (request, route) => {
      try {
        const access = authorize(request, route)
        return access instanceof Promise ? access.catch(refused) : access
      } catch (error) {
        return refused(error)
      }
    },
  }
}
