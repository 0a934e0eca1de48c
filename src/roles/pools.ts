import { closeDb, observeOperations, observePools, openDb } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Config } from './config.ts'

/**
 * A process's database connections, shared out: requests, and the work of each class, of which none takes from
 * another. So a flood of requests or of normal traffic does not keep express waiting for a connection (invariant 5).
 */
export interface Pools {
  requests: Db
  work: Record<MessageClass, Db>
  close(): Promise<void>
}

/** The self-test needs two at once, and a class one for its relay and one for its consumer. */
const SHARE_MIN = 2
/** Of a process that serves requests and does the work of both classes: three fifths are the requests'. */
const WORK_SHARE = 1 / 5

export function openPools(config: Config, registry: Registry): Pools {
  const observe = observeOperations(registry)
  const open = (connections: number) => {
    const maxIdleConns = Math.ceil((config.db.maxIdleConns * connections) / config.db.maxOpenConns)
    return openDb({ ...config.db, url: config.databaseUrl, maxOpenConns: connections, maxIdleConns }, observe)
  }
  const shares = shareOut(config)
  const requests = open(shares.requests)
  const work = { normal: open(shares.work), express: open(shares.work) }
  observePools(registry, { requests, ...work })
  return {
    requests,
    work,
    close: async () => void (await Promise.all([requests, work.normal, work.express].map(closeDb))),
  }
}

/** @returns how many connections requests get, and how many the work of each class. */
export function shareOut({ roles, db }: Pick<Config, 'roles' | 'db'>): { requests: number; work: number } {
  const serves = roles.includes('api')
  const works = roles.includes('relay') || roles.includes('consumer')
  const total = db.maxOpenConns
  if (!works) return { requests: total, work: SHARE_MIN }
  const work = Math.max(SHARE_MIN, Math.floor(serves ? total * WORK_SHARE : (total - SHARE_MIN) / 2))
  return { requests: Math.max(SHARE_MIN, serves ? total - 2 * work : SHARE_MIN), work }
}
