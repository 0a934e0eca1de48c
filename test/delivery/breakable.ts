import type { Db } from '../../src/platform/db/index.ts'

/** The same database, but for what happens before a connection is given out: rejected, it is refused. */
export function interposed(real: Db, beforeConnection: () => Promise<void>): Db {
  const getConnection: Db['pool']['getConnection'] = (callback) => {
    beforeConnection().then(
      () => void real.pool.getConnection(callback),
      (error: NodeJS.ErrnoException) => {
        callback(error, undefined as never)
      },
    )
  }
  const pool = new Proxy(real.pool, {
    get: (target, property): unknown =>
      property === 'getConnection' ? getConnection : Reflect.get(target, property, target),
  })
  return { ...real, pool }
}

/** The same database, which is unavailable for a while. */
export interface BreakableDb {
  db: Db
  /** The next connection that is asked for is refused. */
  breakOnce(): void
  /** Every connection is refused until `mend()`. */
  breakDown(): void
  mend(): void
}

export function breakable(real: Db): BreakableDb {
  let refusals = 0
  const db = interposed(real, () => {
    if (refusals <= 0) return Promise.resolve()
    refusals--
    return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
  })
  return {
    db,
    breakOnce: () => void (refusals = 1),
    breakDown: () => void (refusals = Infinity),
    mend: () => void (refusals = 0),
  }
}
