import { DURATION_BUCKETS_SECONDS, Gauge, Histogram } from '../telemetry/index.ts'
import type { Registry } from '../telemetry/index.ts'
import type { Db, ObserveOperation } from './pool.ts'

/** Duration and errors of each operation; `retried` counts deadlocks and lock waits that were retried. */
export function observeOperations(registry: Registry): ObserveOperation {
  const durations = new Histogram({
    name: 'chapar_db_operation_duration_seconds',
    help: 'Transactions and reads by name, with the wait for a connection; outcome ok, retried or failed',
    labelNames: ['operation', 'outcome'] as const,
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  })
  return (operation, durationMs, outcome) => durations.observe({ operation, outcome }, durationMs / 1_000)
}

/** The pools as they are at the moment of a scrape. */
export function observePools(registry: Registry, pools: Record<string, Db>): void {
  new Gauge({
    name: 'chapar_db_connections',
    help: 'Database connections: in_use, idle, the limit of the pool, and callers that are waiting for one',
    labelNames: ['pool', 'state'] as const,
    registers: [registry],
    collect() {
      for (const [pool, db] of Object.entries(pools)) {
        const { open, idle, waiting, limit } = poolUse(db)
        this.set({ pool, state: 'in_use' }, open - idle)
        this.set({ pool, state: 'idle' }, idle)
        this.set({ pool, state: 'waiting' }, waiting)
        this.set({ pool, state: 'limit' }, limit)
      }
    },
  })
}

/** mysql2 publishes no counts; these queues have kept their names through its versions 2 and 3. */
function poolUse({ pool, settings }: Db): { open: number; idle: number; waiting: number; limit: number } {
  const queues = pool as unknown as Record<
    '_allConnections' | '_freeConnections' | '_connectionQueue',
    { length: number }
  >
  return {
    open: queues._allConnections.length,
    idle: queues._freeConnections.length,
    waiting: queues._connectionQueue.length,
    limit: settings.maxOpenConns,
  }
}
