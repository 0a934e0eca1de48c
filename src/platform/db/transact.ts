import { LockTimeout, asBusy, asUnavailable, classifyFault, isLockWaitTimeout } from './faults.ts'
import { refreshClock } from './clock.ts'
import { abandon, resolveLostCommit } from './lostCommit.ts'
import type { Ended } from './lostCommit.ts'
import { acquire, release } from './pool.ts'
import type { Db } from './pool.ts'
import { runStatement } from './session.ts'
import type { Reader, Session, Tx } from './session.ts'
import { emitStep } from '../steps.ts'
import { withTimeout } from '../withTimeout.ts'

export interface TransactOptions<T> {
  /**
   * Called in a new transaction when the answer to COMMIT was lost, after the old session was ended: locks the rows
   * concerned and looks for the identifiers. Returns the result when the work is there, undefined when it is not.
   */
  resolve?: (tx: Tx) => Promise<T | undefined>
  timeoutMs?: number
  triesMax?: number
  /** Whether a lock wait that timed out is thrown as LockTimeout instead of being retried. */
  throwsLockTimeout?: boolean
  /** Replaces RESOLVE_TIMEOUT_MS in tests. */
  resolveTimeoutMs?: number
}

/** Deadlocks and lock waits are normal. After this many attempts the error goes to the caller. */
const TRIES_MAX = 4
/** Above innodb_lock_wait_timeout (2 s) and a slow fsync, below a client's timeout. */
const TIMEOUT_MS = 8_000
/** The bound on resolving a lost COMMIT, including waits for connections and retries. */
const RESOLVE_TIMEOUT_MS = 5_000

/**
 * Runs `work` in one transaction: the only place that begins, commits, rolls back and retries.
 * Before any retry it rolls back, because error 1205 rolls back only the statement; a connection that leaves without
 * an answered COMMIT or ROLLBACK is destroyed. @throws Unavailable or LockTimeout (nothing was changed), CommitUnknown.
 */
export async function transact<T>(
  db: Db,
  operation: string,
  work: (tx: Tx) => Promise<T>,
  options: TransactOptions<T> = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const startedAtMs = performance.now()
    const ended = await runOnce(db, operation, work, options)
    const durationMs = performance.now() - startedAtMs
    if ('result' in ended) {
      db.observe(operation, durationMs, 'ok')
      return ended.result
    }
    if (options.throwsLockTimeout && ended.retry && isLockWaitTimeout(ended.error)) {
      db.observe(operation, durationMs, 'retried')
      throw new LockTimeout(operation, ended.error)
    }
    const mayRetry = ended.retry && attempt < (options.triesMax ?? TRIES_MAX)
    db.observe(operation, durationMs, mayRetry ? 'retried' : 'failed')
    if (!mayRetry) throw ended.retry ? asBusy(ended.error) : asUnavailable(ended.error)
  }
}

/** Runs a read outside a transaction; one that takes longer is killed. @throws Unavailable. */
export async function read<T>(
  db: Db,
  operation: string,
  work: (reader: Reader) => Promise<T>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const startedAtMs = performance.now()
  let session: Session | undefined
  try {
    session = await acquire(db)
    const result = await withTimeout(timeoutMs, operation, refreshAndRead(db, session, work))
    release(session)
    db.observe(operation, performance.now() - startedAtMs, 'ok')
    return result
  } catch (error) {
    if (session) abandon(db, session, error)
    db.observe(operation, performance.now() - startedAtMs, 'failed')
    throw asUnavailable(error)
  }
}

async function runOnce<T>(
  db: Db,
  operation: string,
  work: (tx: Tx) => Promise<T>,
  options: TransactOptions<T>,
): Promise<Ended<T>> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  let session: Session
  try {
    session = await acquire(db)
  } catch (error) {
    return { error, retry: false }
  }
  let result: T
  try {
    result = await withTimeout(timeoutMs, operation, beginAndWork(db, session, work))
  } catch (error) {
    return rollBack(db, session, error, { operation, timeoutMs })
  }
  emitStep(operation, 'committing')
  try {
    await withTimeout(timeoutMs, operation, runStatement(session.connection, 'COMMIT'))
  } catch (error) {
    const { resolve, resolveTimeoutMs = RESOLVE_TIMEOUT_MS } = options
    return resolveLostCommit(db, { operation, session, cause: error }, resolve, resolveTimeoutMs)
  }
  emitStep(operation, 'committed')
  release(session)
  return { result }
}

async function refreshAndRead<T>(db: Db, session: Session, work: (reader: Reader) => Promise<T>): Promise<T> {
  await refreshClock(db.clock, session.connection)
  return work(session.query)
}

async function beginAndWork<T>(db: Db, session: Session, work: (tx: Tx) => Promise<T>): Promise<T> {
  await refreshClock(db.clock, session.connection)
  await runStatement(session.connection, 'BEGIN')
  return work(session.query as Tx)
}

async function rollBack<T>(
  db: Db,
  session: Session,
  error: unknown,
  { operation, timeoutMs }: { operation: string; timeoutMs: number },
): Promise<Ended<T>> {
  const kind = classifyFault(error)
  if (kind === 'unavailable') {
    abandon(db, session, error)
    return { error, retry: false }
  }
  try {
    await withTimeout(timeoutMs, operation, runStatement(session.connection, 'ROLLBACK'))
    release(session)
  } catch (unanswered) {
    abandon(db, session, unanswered)
  }
  return { error, retry: kind === 'retry' }
}
