import type { Config } from './config.ts'
import { shareOut } from './connections.ts'

/** Concurrent transactions of relay and consumer: claims of each, and settlements. */
const KINDS = { relay: 1, consumer: 2 }
/**
 * Items that arrive during one transaction share the next, and the consumer starts a second one when a full batch
 * waits. So deliveries keep up with acceptance, which may run in several processes.
 */
const OF_BATCHES = { relay: 1, consumer: 2 }

/**
 * Recipients in one claim or settlement of the consumer, and rows in one claim of the relay. Larger batches occupy a
 * process and a database core for longer, delay express, and raise no throughput (docs/performance.md).
 */
const WORK_BATCH_MAX = 500

/** @returns the most recipients in a transaction of the consumer, and the most rows in one of the relay. */
export function workBatchOf({ batchSizeMax }: Pick<Config, 'batchSizeMax'>): number {
  return Math.min(batchSizeMax, WORK_BATCH_MAX)
}

/**
 * @returns how many transactions of each class and kind this process runs concurrently: few with batches, enough to
 * keep every call busy without them, and never more than the connections of the class allow.
 */
export function concurrencyOf(
  config: Pick<Config, 'roles' | 'db' | 'batchSizeMax' | 'operatorConcurrency'>,
  role: keyof typeof KINDS,
): number {
  const kinds = config.roles.reduce((sum, each) => sum + (each === 'api' ? 0 : KINDS[each]), 0)
  const wanted = config.batchSizeMax > 1 ? OF_BATCHES[role] : config.operatorConcurrency
  return Math.max(1, Math.min(wanted, Math.floor(shareOut(config).work / kinds)))
}
