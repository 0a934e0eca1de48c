import type { Config } from './config.ts'
import { shareOut } from './pools.ts'

/** Transactions of relay and consumer: claims of either, settlements. */
const KINDS = { relay: 1, consumer: 2 }

/**
 * @returns how many transactions of a class and of a kind this process has at once. In batches one is the best: what
 * arrives during it goes together into the next. One by one it takes as many as there are calls to keep busy, as far as
 * the class's connections go round.
 */
export function lanesOf(
  config: Pick<Config, 'roles' | 'db' | 'batchSizeMax' | 'operatorConcurrency'>,
): number {
  if (config.batchSizeMax > 1) return 1
  const kinds = config.roles.reduce((sum, role) => sum + (role === 'api' ? 0 : KINDS[role]), 0)
  return Math.max(1, Math.min(config.operatorConcurrency, Math.floor(shareOut(config).work / kinds)))
}
