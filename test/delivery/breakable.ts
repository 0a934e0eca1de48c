import type { Db } from '../../src/platform/db/index.ts'

/** The same database, as somebody sees it to whom it is away for a while. */
export interface BreakableDb {
  db: Db
  /** The next connection that is asked for is refused. */
  breakOnce(): void
  /** Every connection is refused until `mend()`. */
  breakDown(): void
  mend(): void
  /** How often a connection was refused. */
  refused(): number
}

export function breakable(real: Db): BreakableDb {
  let refusals = 0
  let refused = 0
  const getConnection: Db['pool']['getConnection'] = (callback) => {
    if (refusals <= 0) return real.pool.getConnection(callback)
    refusals--
    refused++
    const refusal = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', errno: -111 })
    callback(refusal as NodeJS.ErrnoException, undefined as never)
  }
  const pool = new Proxy(real.pool, {
    get: (target, property) =>
      property === 'getConnection' ? getConnection : Reflect.get(target, property, target),
  })
  return {
    db: { ...real, pool },
    breakOnce: () => void (refusals = 1),
    breakDown: () => void (refusals = Infinity),
    mend: () => void (refusals = 0),
    refused: () => refused,
  }
}
