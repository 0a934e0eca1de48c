import { openAdmissionQueue } from './admissionQueue.ts'
import type { Admission, Waiting } from './admissionQueue.ts'

export type { Admission } from './admissionQueue.ts'

/**
 * Batching by load, not by clock: while one run is in flight, what arrives waits and goes together into the next one.
 * An idle gathering runs a single item at once, a busy one many at a time, and no timer decides which.
 */
export interface Batcher<I, O> {
  /** @returns what the run made of the item. Rejects with its run's fault, or with what `admission` refuses it by. */
  add(item: I): Promise<O>
  /** The weight of what has not begun. */
  waiting(): number
}

export interface BatcherSettings<I, O> {
  /**
   * Does the work of all the items and resolves to one result for each, by position; a promise where an item's result
   * is still to come from elsewhere, so that the next run need not wait for it.
   */
  runBatch: (items: I[]) => Promise<(O | Promise<O>)[]>
  /** In whatever unit runs are bounded by; recipients, mostly. */
  weigh: (item: I) => number
  /** Items of one run together; a heavier one runs alone. */
  batchWeightMax: number
  /** Only items of one key share a run, and of one key there is one run at a time. Without it any may. */
  keyOf?: (item: I) => unknown
  /**
   * Runs at once; 1 when it is not given. Without keys a run begins beside another only when as much waits as it may
   * hold: two half as large would cost more than one.
   */
  maxConcurrency?: number
  /**
   * Whether a run's fault may be the fault of one of its items. Then both halves run by themselves, one after the
   * other and in their order, until the one is found and rejects alone.
   */
  mayBeItemFault?: (error: unknown) => boolean
  /**
   * How an idle gathering begins; at once when it is not given. With `setImmediate`, what is added in the same turn of
   * the event loop goes together.
   */
  begin?: (run: () => void) => void
  /** Without it everything that is added waits for its run: for callers that are bounded themselves. */
  admission?: Admission<I>
}

interface Added<I, O> extends Waiting<I> {
  resolve: (result: O | Promise<O>) => void
}

const NONE: ReadonlySet<unknown> = new Set()

export function createBatcher<I, O>(settings: BatcherSettings<I, O>): Batcher<I, O> {
  const { weigh, keyOf, maxConcurrency = 1, begin = (run) => run() } = settings
  const queue = openAdmissionQueue<I, Added<I, O>>(settings.batchWeightMax, settings.admission)
  const busy = new Set<unknown>()
  let isBeginning = false

  function runAll(): void {
    isBeginning = false
    while (busy.size < maxConcurrency) {
      if (!keyOf && busy.size > 0 && queue.weight() < settings.batchWeightMax) return
      const batch = queue.take(keyOf ? busy : NONE)
      const [first] = batch
      if (!first) return
      const key = keyOf ? first.key : Symbol('run')
      busy.add(key)
      void runBatch(settings, batch).then(() => {
        busy.delete(key)
        runAll()
      })
    }
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        if (!queue.push({ item, weight: weigh(item), key: keyOf?.(item), resolve, reject })) return
        if (busy.size < maxConcurrency && !isBeginning) {
          isBeginning = true
          begin(runAll)
        }
        queue.watch()
      }),
    waiting: () => queue.weight(),
  }
}

/** Never rejects: each of the batch is told by itself. */
async function runBatch<I, O>(settings: BatcherSettings<I, O>, batch: Added<I, O>[]): Promise<void> {
  let results: (O | Promise<O>)[]
  try {
    results = await settings.runBatch(batch.map(({ item }) => item))
    if (results.length !== batch.length)
      throw new Error('a run gave another number of results than it had items')
  } catch (error) {
    if (batch.length > 1 && settings.mayBeItemFault?.(error)) {
      const middle = Math.ceil(batch.length / 2)
      await runBatch(settings, batch.slice(0, middle))
      await runBatch(settings, batch.slice(middle))
    } else {
      for (const each of batch) each.reject(error)
    }
    return
  }
  batch.forEach((each, position) => each.resolve(results[position] as O | Promise<O>))
}
