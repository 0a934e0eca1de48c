import type { Config } from './config.ts'
import { shareOut } from './connections.ts'

/** Transactions of relay and consumer: claims of either, settlements. */
const KINDS = { relay: 1, consumer: 2 }
/**
 * In batches. What arrives during one transaction goes together into the next; the consumer begins a second one when a
 * full one waits. So under full load deliveries do not fall behind acceptance, which is as many processes as there are.
 */
const OF_BATCHES = { relay: 1, consumer: 2 }

/**
 * Recipients of one claim or settlement of the consumer, and rows that a relay claims, which are merged when they are
 * small. Larger ones keep a process and a core of the database busy for longer, while express waits, and carry no more
 * (docs/performance.md).
 */
const WORK_BATCH_MAX = 500

/** @returns how many recipients a transaction of the consumer, and how many rows one of the relay, holds at most. */
export function workBatchOf({ batchSizeMax }: Pick<Config, 'batchSizeMax'>): number {
  return Math.min(batchSizeMax, WORK_BATCH_MAX)
}

/**
 * @returns how many transactions of a class and of a kind this process has at once: few in batches, as many as there are
 * calls to keep busy one by one, and never more than the class's connections go round.
 */
export function concurrencyOf(
  config: Pick<Config, 'roles' | 'db' | 'batchSizeMax' | 'operatorConcurrency'>,
  role: keyof typeof KINDS,
): number {
  const kinds = config.roles.reduce((sum, each) => sum + (each === 'api' ? 0 : KINDS[each]), 0)
  const wanted = config.batchSizeMax > 1 ? OF_BATCHES[role] : config.operatorConcurrency
  return Math.max(1, Math.min(wanted, Math.floor(shareOut(config).work / kinds)))
}
