import { createPool } from 'mysql2'
import type { Pool, PoolConnection } from 'mysql2'
import { Unavailable } from '../../primitives/unavailable.ts'
import { asUnavailable } from './faults.ts'
import { openSession, runStatement } from './session.ts'
import type { Session } from './session.ts'
import { withTimeout } from '../withTimeout.ts'

export interface DbSettings {
  url: string
  maxOpenConns: number
  maxIdleConns: number
  connMaxLifetimeSeconds: number
  /** Instead of ACQUIRE_TIMEOUT_MS; tests are less patient. */
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
  /** Database clock minus local clock, in milliseconds, from the latest new connection. */
  clockOffsetMs: number
  readonly sessions: WeakMap<PoolConnection, Session>
}

/** Whoever waits longer for a connection is told that the database is away: a queue that long moves hardly or not. */
const ACQUIRE_TIMEOUT_MS = 10_000
/** A server that is there takes a connection at once; it has this long to, and as long again to set it up. */
const CONNECT_TIMEOUT_MS = 3_000
/** Callers that may wait for a connection at once; beyond, waiting longer would only add time-outs. */
const WAITING_MAX = 1_000
/** The server drops a session idle for longer; a link that died in mid-transaction gives its locks back by then. */
const SERVER_WAIT_TIMEOUT_SECONDS = 10
/** Ours drop idle connections sooner, so that none is picked up at the moment the server closes it. */
const IDLE_TIMEOUT_MS = 6_000

const SESSION_STATEMENTS = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  // The comment is MariaDB's: it would turn lists of 1,000 and more into joins, which lock in no order.
  `SET time_zone = '+00:00', innodb_lock_wait_timeout = 2, wait_timeout = ${SERVER_WAIT_TIMEOUT_SECONDS},
   /*M! in_predicate_conversion_threshold = 0, */
   sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
]

export function openDb(settings: DbSettings, observe: ObserveOperation = () => {}): Db {
  const pool = createPool({
    uri: settings.url,
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
  return { pool, settings, observe, clockOffsetMs: 0, sessions: new WeakMap() }
}

export function closeDb(db: Db): Promise<void> {
  return new Promise((resolve) => db.pool.end(() => resolve()))
}

/** @returns the database's time in milliseconds since the epoch, as this process knows it. */
export function databaseNowMs(db: Db): number {
  return Date.now() + db.clockOffsetMs
}

/**
 * Takes a connection that is young, fresh and set up. @throws Unavailable when none is to be had within
 * ACQUIRE_TIMEOUT_MS: a request is answered in bounded time, whatever the database does.
 */
export async function acquire(db: Db): Promise<Session> {
  const deadlineMs = performance.now() + acquireTimeoutMs(db.settings)
  for (;;) {
    const connection = await takeConnection(db, deadlineMs - performance.now())
    const session = db.sessions.get(connection)
    if (session && !isWornOut(db, session)) return session
    if (session) {
      discard(session)
      continue
    }
    try {
      return await setUp(db, connection)
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

/** Gives a connection up at once, also when the peer is silent: destroy() alone would wait for it to read our end. */
function giveUp(connection: PoolConnection): void {
  const { stream } = connection as unknown as { stream: { destroy(): void } }
  connection.destroy()
  stream.destroy()
}

function isWornOut(db: Db, session: Session): boolean {
  const nowMs = performance.now()
  const tooOld = nowMs - session.bornAtMs > db.settings.connMaxLifetimeSeconds * 1_000
  const idleTooLong = nowMs - session.usedAtMs > IDLE_TIMEOUT_MS
  return tooOld || idleTooLong
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
      else if (error)
        reject(new Unavailable('database_unavailable', 'The database cannot be reached.', { cause: error }))
      else resolve(connection)
    })
  })
}

async function setUp(db: Db, connection: PoolConnection): Promise<Session> {
  // A pooled connection that dies while idle emits an error nobody awaits; the pool has already dropped it.
  connection.on('error', () => {})
  // mysql2 calls nobody back when we close a connection: a server that falls silent here is given up by the clock.
  await withTimeout(connectTimeoutMs(db.settings), 'set up a session', prepare(db, connection))
  const session = openSession(connection, performance.now())
  db.sessions.set(connection, session)
  return session
}

async function prepare(db: Db, connection: PoolConnection): Promise<void> {
  for (const sql of [...SESSION_STATEMENTS, ...(db.settings.sessionStatements ?? [])])
    await runStatement(connection, sql)
  const askedAtMs = Date.now()
  const rows = await runStatement(connection, 'SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 AS now_ms')
  const answeredAtMs = Date.now()
  db.clockOffsetMs = Math.round(
    Number((rows as { now_ms: number }[])[0]?.now_ms) - (askedAtMs + answeredAtMs) / 2,
  )
}
