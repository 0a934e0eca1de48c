import { CommitUnknown, LockTimeout } from '../platform/db/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'

/** The database is unavailable, or a COMMIT's answer is lost: every transaction is affected. */
export function isOutage(error: unknown): boolean {
  return error instanceof Unavailable || error instanceof CommitUnknown
}

/** What the next attempt may find gone: an outage, or a row that stayed locked elsewhere. */
export function isTransient(error: unknown): boolean {
  return isOutage(error) || error instanceof LockTimeout
}
