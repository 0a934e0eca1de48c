import type { PoolConnection } from 'mysql2'
import type { Db } from '../../../src/platform/db/index.ts'

const MS_DECIMALS = 3
/** The server drops a session after 10 s: one that lay so long in fact is not handed out again. */
const IDLE_MAX_MS = 6_000

/**
 * The clock of the database and of this process, in one: it stands still until a test moves it, so that leases, due
 * times and graces end when the test says so and can be told to the millisecond.
 */
export interface StoppedClock {
  nowMs: number
  /** This process has its own again. */
  release(): void
}

export function stopClock(atMs: number): StoppedClock {
  const real = performance.now.bind(performance)
  const clock: StoppedClock = {
    nowMs: atMs,
    release: () => {
      performance.now = real
    },
  }
  performance.now = () => clock.nowMs
  return clock
}

/** The same database, whose sessions have that clock. */
export interface ClockedDb {
  db: Db
  /** Transactions and reads that began and have not ended. */
  underWay(): number
}

export function clocked(real: Db, clock: StoppedClock): ClockedDb {
  let underWay = 0
  const lastUsedAt = new WeakMap<PoolConnection, number>()
  const take: Db['pool']['getConnection'] = (callback) =>
    void real.pool.getConnection((error, connection) => {
      if (error) return void callback(error, connection)
      const idleMs = Date.now() - (lastUsedAt.get(connection) ?? Date.now())
      lastUsedAt.set(connection, Date.now())
      if (idleMs > IDLE_MAX_MS) {
        connection.destroy()
        return take(callback)
      }
      // The pool judges age by the clock that the test moves.
      const session = real.sessions.get(connection)
      if (session) session.bornAtMs = session.usedAtMs = clock.nowMs
      const seconds = (clock.nowMs / 1_000).toFixed(MS_DECIMALS)
      connection.query(`SET timestamp = ${seconds}`, (fault) => void callback(fault, connection))
    })
  const getConnection: Db['pool']['getConnection'] = (callback) => {
    underWay++
    take(callback)
  }
  const pool = new Proxy(real.pool, {
    get: (target, property): unknown =>
      property === 'getConnection' ? getConnection : Reflect.get(target, property, target),
  })
  return { db: { ...real, pool, observe: () => void underWay-- }, underWay: () => underWay }
}
