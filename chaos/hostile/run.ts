import type { Book } from './book.ts'
import type { World } from './draw.ts'
import { drawPlan } from './drawPlan.ts'
import type { SHARES } from './drawPlan.ts'
import { exchange } from './exchange.ts'
import { judge } from './judge.ts'
import { record } from './tally.ts'
import type { Tally } from './tally.ts'

export interface RunOptions {
  target: { host: string; port: number }
  world: World
  seed: number
  /** The index of the first request. */
  first?: number
  count: number
  shares?: typeof SHARES
}

/** Concurrent clients: enough that batches form and a waiting client blocks no other. */
const CLIENTS = 48
/** Additional slow clients: each waits for half a minute and costs almost nothing. */
const SLOW_CLIENTS = 100

/** Sends the requests of the seed and records the result of each. */
export async function run(options: RunOptions, book: Book, tally: Tally): Promise<void> {
  const { target, world, seed, first = 0, count, shares } = options
  const slow = new Set<Promise<void>>()
  let next = first
  const act = async (index: number) => {
    const plan = drawPlan(seed, index, world, shares)
    const work = async () => {
      const outcome = await exchange(target, plan)
      record(tally, plan, outcome, judge(plan, outcome, book))
    }
    if (plan.kind !== 'slow') return work()
    if (slow.size >= SLOW_CLIENTS) await Promise.race(slow)
    const begun = work().finally(() => slow.delete(begun))
    slow.add(begun)
  }
  const client = async () => {
    while (next < first + count) await act(next++)
  }
  await Promise.all(Array.from({ length: Math.min(CLIENTS, count) }, client))
  await Promise.all(slow)
}
