import { setTimeout as pause } from 'node:timers/promises'
import { DeadlineExceeded, withTimeout } from '../withTimeout.ts'
import { CommitUnknown, classifyFault, isGroupCommitFault, isWriteRefusal } from './faults.ts'
import { acquire, discard, distrustPresentSessions, release } from './pool.ts'
import type { Db } from './pool.ts'
import { runStatement } from './session.ts'
import type { Session, Tx } from './session.ts'

/** How one attempt of a transaction ended; `retry`: nothing was changed, and it may run again. */
export type Ended<T> = { result: T } | { error: unknown; retry: boolean }

export interface LostCommit {
  operation: string
  /** The session that sent the COMMIT. */
  session: Session
  cause: unknown
}

interface LookUp<T> {
  found: T | undefined
  /** Whether nothing found means that nothing is there. */
  isProof: boolean
}

const RETRY_PAUSE_MS = 200
const END_SESSION_TIMEOUT_MS = 8_000
const ER_NO_SUCH_THREAD = 1094

/**
 * Determines the result of an unanswered COMMIT within `timeoutMs`: present means done, and absent that the work may
 * run again, if the same server says so after the old session was ended. Another server behind the same address proves
 * nothing by absence: it may be a new primary that knows everything, or any other server.
 * @returns a CommitUnknown when the result cannot be determined.
 */
export async function resolveLostCommit<T>(
  db: Db,
  { operation, session, cause }: LostCommit,
  resolve: ((tx: Tx) => Promise<T | undefined>) | undefined,
  timeoutMs: number,
): Promise<Ended<T>> {
  if (isWriteRefusal(cause)) {
    abandon(db, session, cause)
    return { error: cause, retry: false }
  }
  const unknown = { error: new CommitUnknown(operation, cause), retry: false }
  if (!resolve) {
    abandon(db, session, cause)
    return unknown
  }
  discard(session)
  const deadlineMs = performance.now() + timeoutMs
  for (let leftMs = timeoutMs; leftMs > 0; leftMs = deadlineMs - performance.now()) {
    const startedAtMs = performance.now()
    try {
      const lookUp = await lookUpOnce(db, session, resolve, leftMs)
      db.observe(`${operation}.resolve`, performance.now() - startedAtMs, 'ok')
      if (lookUp.found !== undefined) return { result: lookUp.found }
      return lookUp.isProof && !isGroupCommitFault(cause) ? { error: cause, retry: true } : unknown
    } catch (error) {
      db.observe(`${operation}.resolve`, performance.now() - startedAtMs, 'failed')
      if (classifyFault(error) === 'fault')
        return { error: new CommitUnknown(operation, error), retry: false }
      await pause(Math.min(RETRY_PAUSE_MS, Math.max(0, deadlineMs - performance.now())))
    }
  }
  return unknown
}

/**
 * Drops a connection and kills its session. Otherwise the server would keep the session's locks until it notices the
 * dead connection.
 */
export function abandon(db: Db, session: Session, error: unknown): void {
  discard(session)
  if (isWriteRefusal(error)) distrustPresentSessions(db)
  if (error instanceof DeadlineExceeded) void endAbandoned(db, session)
}

async function endAbandoned(db: Db, session: Session): Promise<void> {
  try {
    const other = await acquire(db)
    await onSession(other, END_SESSION_TIMEOUT_MS, () => endSession(other, session), discard)
  } catch {
    // The server ends the session itself a little later.
  }
}

/** Ends the old session first and locks the rows, so that the look-up waits until the lost COMMIT has taken effect. */
async function lookUpOnce<T>(
  db: Db,
  lost: Session,
  resolve: (tx: Tx) => Promise<T | undefined>,
  timeoutMs: number,
): Promise<LookUp<T>> {
  const deadlineMs = performance.now() + timeoutMs
  const other = await acquire(db, timeoutMs)
  const work = async () => {
    await endSession(other, lost)
    await runStatement(other.connection, 'BEGIN')
    const found = await resolve(other.query as Tx)
    await runStatement(other.connection, 'COMMIT')
    return { found, isProof: isSameServer(other, lost) }
  }
  return onSession(other, deadlineMs - performance.now(), work, (session, error) =>
    abandon(db, session, error),
  )
}

/** A connection on which something failed or took too long is closed, which also rolls back. */
async function onSession<T>(
  session: Session,
  timeoutMs: number,
  work: () => Promise<T>,
  giveUp: (session: Session, error: unknown) => void,
): Promise<T> {
  try {
    const result = await withTimeout(Math.max(1, timeoutMs), 'looking up a lost COMMIT', work())
    release(session)
    return result
  } catch (error) {
    giveUp(session, error)
    throw error
  }
}

/** Kills nothing on another server, nor on one that was restarted: there the number may be another session's. */
async function endSession(other: Session, old: Session): Promise<void> {
  if (!isSameServer(other, old) || other.connectionId === old.connectionId) return
  const status = await runStatement(other.connection, `SHOW GLOBAL STATUS LIKE 'Uptime'`)
  const uptimeMs = Number((status as { Value: string }[])[0]?.Value) * 1_000
  // In whole seconds, rounded down.
  if (uptimeMs + 1_000 < performance.now() - old.bornAtMs) return
  try {
    await runStatement(other.connection, `KILL ${old.connectionId}`)
  } catch (error) {
    if ((error as { errno?: number }).errno !== ER_NO_SUCH_THREAD) throw error
  }
}

function isSameServer(one: Session, other: Session): boolean {
  return one.serverId === other.serverId
}
