import type { Config } from './config.ts'
import { shareOut } from './pools.ts'

/** Transactions of relay and consumer: claims of either, settlements. */
const KINDS = { relay: 1, consumer: 2 }
/**
 * In batches. What arrives during one transaction goes together into the next; the consumer begins a second one when a
 * full one waits. So under full load deliveries do not fall behind acceptance, which is as many processes as there are.
 */
const OF_BATCHES = { relay: 1, consumer: 2 }

/**
 * Recipients of one claim or settlement of the consumer, and rows that a relay claims, which are merged when they are
 * small. A larger one keeps its process and a core of the database busy for so long that
 * express waits for it: with 1,000, and 100,000 normal messages draining, p99 to hand-over was 264 to 303 ms, with 500 it
 * was 216 to 248, and nothing was lost in what they carry.
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
export function lanesOf(
  config: Pick<Config, 'roles' | 'db' | 'batchSizeMax' | 'operatorConcurrency'>,
  role: keyof typeof KINDS,
): number {
  const kinds = config.roles.reduce((sum, each) => sum + (each === 'api' ? 0 : KINDS[each]), 0)
  const wanted = config.batchSizeMax > 1 ? OF_BATCHES[role] : config.operatorConcurrency
  return Math.max(1, Math.min(wanted, Math.floor(shareOut(config).work / kinds)))
}
