import { closeDb, observeOperations, observePools, openDb } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { Registry } from '../platform/telemetry/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Config } from './config.ts'
import { shareOut } from './connections.ts'

/**
 * A process's database connections in three pools, requests and the work of each class, so that neither requests nor
 * normal traffic can keep express waiting for a connection (invariant 5). A process without such work has one pool.
 */
export interface Pools {
  requests: Db
  work: Record<MessageClass, Db>
  close(): Promise<void>
}

export function openPools(config: Config, registry: Registry): Pools {
  const observe = observeOperations(registry)
  const open = (connections: number) => {
    const maxIdleConns = Math.ceil((config.db.maxIdleConns * connections) / config.db.maxOpenConns)
    return openDb({ ...config.db, url: config.databaseUrl, maxOpenConns: connections, maxIdleConns }, observe)
  }
  const shares = shareOut(config)
  const requests = open(shares.requests)
  const work = shares.work > 0 && { normal: open(shares.work), express: open(shares.work) }
  const pools = { requests, ...work }
  observePools(registry, pools)
  return {
    requests,
    work: work || { normal: requests, express: requests },
    close: async () => void (await Promise.all(Object.values(pools).map(closeDb))),
  }
}
