import type { Kysely } from 'kysely'
import type { Schema } from '../../../db/schema.ts'
import {
  CommitUnknown,
  LockTimeout,
  asBusy,
  asUnavailable,
  classifyFault,
  isLockWaitTimeout,
} from './faults.ts'
import { acquire, discard, release } from './pool.ts'
import type { Db } from './pool.ts'
import { runStatement } from './session.ts'
import type { Session } from './session.ts'
import { emitStep } from '../steps.ts'
import { DeadlineExceeded, withTimeout } from '../withTimeout.ts'

declare const insideTransaction: unique symbol

/** A query builder inside an open transaction. Only transact() makes one, so the compiler keeps invariant 1. */
export type Tx = Kysely<Schema> & { readonly [insideTransaction]: true }
/** A query builder outside any transaction: for reads that need no more than one statement's consistency. */
export type Reader = Kysely<Schema>

export interface TransactOptions<T> {
  /**
   * Called in a new transaction when the answer to COMMIT was lost, after the old session was killed: locks the rows
   * concerned and looks for the identifiers. Returns the result when the work is there, undefined when it is not.
   */
  resolve?: (tx: Tx) => Promise<T | undefined>
  timeoutMs?: number
  triesMax?: number
  /** Whether a lock wait that timed out is left to the caller, as LockTimeout, instead of being waited for again. */
  throwsLockTimeout?: boolean
  /** Instead of RESOLVE_TIMEOUT_MS; tests are less patient. */
  resolveTimeoutMs?: number
}

/** Deadlocks and lock waits are normal events; after this many the caller hears of it. */
const TRIES_MAX = 4
/** Above innodb_lock_wait_timeout (2 s) and a slow fsync, below a client's patience. */
const TIMEOUT_MS = 8_000
/** How long the fate of a COMMIT is looked up before it is called unknown. */
const RESOLVE_TIMEOUT_MS = 5_000
const RESOLVE_PAUSE_MS = 200

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

/** Runs a read outside a transaction; one that takes longer is given up and ended. @throws Unavailable. */
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
    const result = await withTimeout(timeoutMs, operation, work(session.query))
    release(session)
    db.observe(operation, performance.now() - startedAtMs, 'ok')
    return result
  } catch (error) {
    if (session) abandon(db, session, error)
    db.observe(operation, performance.now() - startedAtMs, 'failed')
    throw asUnavailable(error)
  }
}

type Ended<T> = { result: T } | { error: unknown; retry: boolean }

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
    result = await withTimeout(timeoutMs, operation, beginAndWork(session, work))
  } catch (error) {
    return rollBack(db, session, error, { operation, timeoutMs })
  }
  emitStep(operation, 'committing')
  try {
    await withTimeout(timeoutMs, operation, runStatement(session.connection, 'COMMIT'))
  } catch (error) {
    return resolveLostCommit(db, operation, session, error, options)
  }
  emitStep(operation, 'committed')
  release(session)
  return { result }
}

async function beginAndWork<T>(session: Session, work: (tx: Tx) => Promise<T>): Promise<T> {
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
  if (kind === 'away') {
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

/**
 * Gives a connection up. A session whose link went silent holds its locks until the server notices; asking for its end
 * is quicker.
 */
function abandon(db: Db, session: Session, error: unknown): void {
  discard(session)
  if (error instanceof DeadlineExceeded) killSession(db, session).catch(() => {})
}

/**
 * Present means done, absent means that the work may run again under the same identifiers. Killing the old session
 * first and locking the rows makes the look-up wait until the lost COMMIT has come to its end.
 */
async function resolveLostCommit<T>(
  db: Db,
  operation: string,
  session: Session,
  cause: unknown,
  options: TransactOptions<T>,
): Promise<Ended<T>> {
  const unknown = { error: new CommitUnknown(operation, cause), retry: false }
  const { resolve, resolveTimeoutMs = RESOLVE_TIMEOUT_MS } = options
  if (!resolve) {
    abandon(db, session, cause)
    return unknown
  }
  discard(session)
  const deadlineMs = performance.now() + resolveTimeoutMs
  while (performance.now() < deadlineMs) {
    try {
      await killSession(db, session)
      const found = await transact(db, `${operation}.resolve`, resolve, { timeoutMs: resolveTimeoutMs })
      return found === undefined ? { error: cause, retry: true } : { result: found }
    } catch (error) {
      // A look-up changes nothing: when the answer to its own COMMIT is lost it is simply done again.
      if (!(error instanceof CommitUnknown) && classifyFault(error) === 'fault')
        return { error: new CommitUnknown(operation, error), retry: false }
      await new Promise((wake) => setTimeout(wake, RESOLVE_PAUSE_MS))
    }
  }
  return unknown
}

/** A server that started after the session was opened has none of it, and may have given its number to another. */
async function killSession(db: Db, session: Session): Promise<void> {
  const ER_NO_SUCH_THREAD = 1094
  const other = await acquire(db)
  try {
    const status = await withTimeout(
      TIMEOUT_MS,
      'kill',
      runStatement(other.connection, `SHOW GLOBAL STATUS LIKE 'Uptime'`),
    )
    const uptimeMs = Number((status as { Value: string }[])[0]?.Value) * 1_000
    // In whole seconds, rounded down.
    if (uptimeMs + 1_000 >= performance.now() - session.bornAtMs) {
      await withTimeout(
        TIMEOUT_MS,
        'kill',
        runStatement(other.connection, `KILL ${session.connection.threadId}`),
      )
    }
  } catch (error) {
    if ((error as { errno?: number }).errno !== ER_NO_SUCH_THREAD) {
      discard(other)
      throw error
    }
  }
  release(other)
}
