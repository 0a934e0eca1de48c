import { createPool } from 'mysql2'
import type { Pool, PoolConnection } from 'mysql2'
import { Unavailable } from '../../primitives/unavailable.ts'
import { readDatabaseAddress } from './address.ts'
import { giveClock, measureClock, openClock } from './clock.ts'
import type { Clock } from './clock.ts'
import { asUnavailable, isRefusedLogin } from './faults.ts'
import { openSession, runStatement } from './session.ts'
import type { Session, SessionIdentity } from './session.ts'
import { withTimeout } from '../withTimeout.ts'

export interface DbSettings {
  url: string
  maxOpenConns: number
  maxIdleConns: number
  connMaxLifetimeSeconds: number
  /** Replaces ACQUIRE_TIMEOUT_MS in tests. */
  acquireTimeoutMs?: number
  /** Run on every new connection after ours; tests move the database's clock with it. */
  sessionStatements?: string[]
}

/** One fact for metrics: an operation is a transaction or a read, under the name its caller gave it. */
export type ObserveOperation = (
  operation: string,
  durationMs: number,
  outcome: 'ok' | 'retried' | 'failed',
) => void

/** What may open a transaction. A Tx is not one, and one is not a Tx. */
export interface Db {
  readonly pool: Pool
  readonly settings: DbSettings
  readonly observe: ObserveOperation
  readonly clock: Clock
  readonly sessions: WeakMap<PoolConnection, Session>
  /** Sessions born earlier are dropped instead of being used again; in monotonic time. */
  distrustedBeforeMs: number
}

/** A longer wait for a connection ends as Unavailable, because such a queue hardly moves. */
const ACQUIRE_TIMEOUT_MS = 10_000
/** A working server accepts a connection at once; it has this long to do so, and as long again to set it up. */
const CONNECT_TIMEOUT_MS = 3_000
/** Callers that may wait for a connection at once; a longer queue would only add time-outs. */
const WAITING_MAX = 1_000
/** The server ends a session idle for longer, so that a link that died inside a transaction releases its locks. */
const SERVER_WAIT_TIMEOUT_SECONDS = 10
/** Idle connections are dropped sooner here, so that none is taken at the moment the server closes it. */
const IDLE_TIMEOUT_MS = 6_000

const SESSION_STATEMENTS = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  // The comment is MariaDB's: it would turn lists of 1,000 and more into joins, which lock in no order.
  `SET time_zone = '+00:00', innodb_lock_wait_timeout = 2, wait_timeout = ${SERVER_WAIT_TIMEOUT_SECONDS},
   /*M! in_predicate_conversion_threshold = 0, */
   sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
]

/**
 * MySQL has an identifier of the server, which each engine reads only in its own kind of comment. MariaDB has one in
 * its latest versions; before, what a server is started with tells most of them apart.
 */
const IDENTITY_COLUMNS = `CONNECTION_ID() AS connection_id,
  /*!80000 @@server_uuid */ /*M! (SELECT GROUP_CONCAT(VARIABLE_VALUE ORDER BY VARIABLE_NAME)
    FROM information_schema.GLOBAL_VARIABLES
    WHERE VARIABLE_NAME IN ('SERVER_UID', 'SERVER_ID', 'HOSTNAME', 'PORT', 'DATADIR', 'SOCKET')) */ AS server_id`

export function openDb(settings: DbSettings, observe: ObserveOperation = () => {}): Db {
  const pool = createPool({
    ...readDatabaseAddress(settings.url),
    connectionLimit: settings.maxOpenConns,
    maxIdle: Math.min(settings.maxIdleConns, settings.maxOpenConns - 1),
    idleTimeout: IDLE_TIMEOUT_MS,
    queueLimit: WAITING_MAX,
    connectTimeout: connectTimeoutMs(settings),
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    stringifyObjects: true,
  })
  return {
    pool,
    settings,
    observe,
    clock: openClock(),
    sessions: new WeakMap(),
    distrustedBeforeMs: -Infinity,
  }
}

export function closeDb(db: Db): Promise<void> {
  return new Promise((resolve) => db.pool.end(() => resolve()))
}

/**
 * Takes a connection that is within its lifetime and set up. @throws Unavailable when none is free within `timeoutMs`:
 * a request is answered in bounded time, whatever the database does.
 */
export async function acquire(db: Db, timeoutMs = acquireTimeoutMs(db.settings)): Promise<Session> {
  const deadlineMs = performance.now() + timeoutMs
  for (;;) {
    const connection = await takeConnection(db, deadlineMs - performance.now())
    const session = db.sessions.get(connection)
    if (session && !isWornOut(db, session)) return session
    if (session) {
      discard(session)
      continue
    }
    try {
      return await setUp(db, connection, deadlineMs - performance.now())
    } catch (error) {
      giveUp(connection)
      throw asUnavailable(error)
    }
  }
}

function acquireTimeoutMs(settings: DbSettings): number {
  return settings.acquireTimeoutMs ?? ACQUIRE_TIMEOUT_MS
}

function connectTimeoutMs(settings: DbSettings): number {
  return Math.min(acquireTimeoutMs(settings), CONNECT_TIMEOUT_MS)
}

export function release(session: Session): void {
  session.usedAtMs = performance.now()
  session.connection.release()
}

export function discard(session: Session): void {
  giveUp(session.connection)
}

/**
 * Keeps the sessions of a server that has become read-only from being used again: reads on them would succeed, and miss
 * what its successor is told.
 */
export function distrustPresentSessions(db: Db): void {
  db.distrustedBeforeMs = performance.now()
}

/**
 * Drops a connection immediately, even when the peer is silent: destroy() alone would wait for the peer to read our
 * end.
 */
function giveUp(connection: PoolConnection): void {
  const { stream } = connection as unknown as { stream: { destroy(): void } }
  connection.destroy()
  stream.destroy()
}

function isWornOut(db: Db, session: Session): boolean {
  const nowMs = performance.now()
  const tooOld = nowMs - session.bornAtMs > db.settings.connMaxLifetimeSeconds * 1_000
  const idleTooLong = nowMs - session.usedAtMs > IDLE_TIMEOUT_MS
  return tooOld || idleTooLong || session.bornAtMs < db.distrustedBeforeMs
}

function toUnavailable(error: Error): Unavailable {
  const message = isRefusedLogin(error)
    ? 'The database refuses the login.'
    : 'The database cannot be reached.'
  return new Unavailable('database_unavailable', message, { cause: error })
}

function takeConnection(db: Db, timeoutMs: number): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    let late = false
    const timer = setTimeout(
      () => {
        late = true
        reject(new Unavailable('database_unavailable', 'No database connection became free in time.'))
      },
      Math.max(timeoutMs, 1),
    )
    db.pool.getConnection((error, connection) => {
      clearTimeout(timer)
      if (late) connection?.release()
      else if (error) reject(toUnavailable(error))
      else resolve(connection)
    })
  })
}

async function setUp(db: Db, connection: PoolConnection, leftMs: number): Promise<Session> {
  // A pooled connection that dies while idle emits an error that no statement awaits; the pool has already dropped it.
  connection.on('error', () => {})
  // mysql2 calls no callback when we close a connection. Only a timer ends the wait for a silent server.
  const timeoutMs = Math.max(1, Math.min(leftMs, connectTimeoutMs(db.settings)))
  const identity = await withTimeout(timeoutMs, 'set up a session', prepare(db, connection))
  const session = openSession(connection, identity, performance.now())
  giveClock(session.query, db.clock)
  db.sessions.set(connection, session)
  return session
}

async function prepare(db: Db, connection: PoolConnection): Promise<SessionIdentity> {
  for (const sql of [...SESSION_STATEMENTS, ...(db.settings.sessionStatements ?? [])])
    await runStatement(connection, sql)
  const row = await measureClock(db.clock, connection, IDENTITY_COLUMNS)
  return { serverId: String(row['server_id']), connectionId: Number(row['connection_id']) }
}
