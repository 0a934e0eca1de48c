import { Unavailable } from '../../primitives/unavailable.ts'
import { DeadlineExceeded } from '../withTimeout.ts'

/**
 * What a database error means for the caller.
 * - retry: a deadlock or a lock wait (1213, 1205); after a rollback the transaction may run again.
 * - unavailable: the link or the server is gone; whether the statement took effect is not known.
 * - fault: every other error, which a retry does not fix.
 */
export type FaultKind = 'retry' | 'unavailable' | 'fault'

const ER_LOCK_WAIT_TIMEOUT = 1205

const RETRY_ERRNOS = new Set([
  1213, // deadlock: the transaction is rolled back
  ER_LOCK_WAIT_TIMEOUT, // only the statement is rolled back
  3572, // NOWAIT and SKIP LOCKED conflicts
])

/** The server takes no writes: in a replication group another member is the primary by now, or is about to be. */
const WRITE_REFUSAL_ERRNOS = new Set([
  1290, // read_only or super_read_only
  1836, // read-only mode
])

/** Group replication took part in the COMMIT and failed or was stopped: the group may know the transaction. */
const GROUP_COMMIT_ERRNOS = new Set([
  3100, // a replication hook failed
  3101, // the plugin rolled it back: a conflict, or a member that leaves its group
])

const UNAVAILABLE_ERRNOS = new Set([
  ...WRITE_REFUSAL_ERRNOS,
  ...GROUP_COMMIT_ERRNOS,
  1040, // too many connections
  1053, // server shutdown in progress
  1077, // normal shutdown
  1152, // aborted connection
  1158,
  1159,
  1160,
  1161, // network read and write faults
  1203, // too many user connections
  1317, // query interrupted by a KILL
  1927, // connection was killed (MariaDB)
  3032, // offline mode, of a member that left its group
  3169, // session was killed
  3781, // a new primary applied the old one's transactions for longer than wait_timeout
  3782, // and was stopped meanwhile
  3783, // or left its group
  4031, // disconnected for inactivity
])

const REFUSAL_ERRNOS = new Set([
  1044, // no access to this database
  1045, // wrong user or password
  1049, // no such database
  1130, // this host may not connect
  1251, // authentication not supported
  1698, // access denied by a plugin
  3118, // account locked
])

const UNAVAILABLE_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Whether the server refuses the login that DATABASE_URL describes: a user, password or database that is wrong. */
export function isRefusedLogin(error: unknown): boolean {
  const { errno } = (error ?? {}) as { errno?: number }
  return errno !== undefined && REFUSAL_ERRNOS.has(errno)
}

/**
 * Whether the session's server has become read-only, which its other sessions only notice when they write. A COMMIT that
 * is answered so is rolled back.
 */
export function isWriteRefusal(error: unknown): boolean {
  return WRITE_REFUSAL_ERRNOS.has(errnoOf(error))
}

/** Whether a COMMIT was answered by group replication, on a member that may know less than the others. */
export function isGroupCommitFault(error: unknown): boolean {
  return GROUP_COMMIT_ERRNOS.has(errnoOf(error))
}

function errnoOf(error: unknown): number {
  return (error as { errno?: number } | null)?.errno ?? 0
}

/** The answer to a COMMIT was lost and its result could not be determined: the work may or may not be committed. */
export class CommitUnknown extends Error {
  constructor(operation: string, cause: unknown) {
    super(`${operation}: the answer to COMMIT was lost`, { cause })
    this.name = 'CommitUnknown'
  }
}

/** A row stayed locked by another session for the whole lock wait. Nothing was changed. */
export class LockTimeout extends Error {
  constructor(operation: string, cause: unknown) {
    super(`${operation}: a row stayed locked for too long`, { cause })
    this.name = 'LockTimeout'
  }
}

export function isLockWaitTimeout(error: unknown): boolean {
  return (error as { errno?: number } | null)?.errno === ER_LOCK_WAIT_TIMEOUT
}

export function classifyFault(error: unknown): FaultKind {
  if (error instanceof DeadlineExceeded || error instanceof Unavailable) return 'unavailable'
  if (!(error instanceof Error)) return 'fault'
  const { errno, code, fatal } = error as { errno?: number; code?: string; fatal?: boolean }
  if (errno !== undefined && RETRY_ERRNOS.has(errno)) return 'retry'
  if (errno !== undefined && UNAVAILABLE_ERRNOS.has(errno)) return 'unavailable'
  if (code !== undefined && UNAVAILABLE_CODES.has(code)) return 'unavailable'
  return fatal === true ? 'unavailable' : 'fault'
}

/** The code for a transaction whose retries all ended in deadlocks or lock waits. */
export const BUSY = 'database_busy'

/** Too many consecutive deadlocks or lock waits. Nothing was changed, and a later request may succeed. */
export function asBusy(error: unknown): Unavailable {
  return new Unavailable(BUSY, 'The database is too busy at the moment.', { cause: error })
}

/** Turns an unavailable database into the error that callers know; leaves every other error as it is. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof Unavailable || classifyFault(error) !== 'unavailable') return error
  return new Unavailable('database_unavailable', 'The database cannot be reached at the moment.', {
    cause: error,
  })
}
