import { openAdmissionQueue } from './admissionQueue.ts'
import type { QueueOptions, Waiting } from './admissionQueue.ts'
import { outsideTraces } from './telemetry/spans.ts'

export type { Admission } from './admissionQueue.ts'

/**
 * Batches under load, without a timer: items that arrive while a run is in flight share the next one. An idle batcher
 * runs a single item immediately.
 */
export interface Batcher<I, O> {
  /** @returns the item's result. Rejects with its run's fault, or with the admission error. */
  add(item: I): Promise<O>
  /** The weight of the items that wait for a run. */
  waiting(): number
}

export interface BatcherSettings<I, O> extends QueueOptions<I> {
  /**
   * Processes all items and resolves to one result for each, by position. A result may be a promise, for which the next
   * run does not wait.
   */
  runBatch: (items: I[]) => Promise<(O | Promise<O>)[]>
  /** The size of an item, usually its recipients. */
  weigh: (item: I) => number
  /**
   * Only items with the same key share a run, and each key has at most one run in flight. Without it, all items may
   * share.
   */
  keyOf?: (item: I) => unknown
  /**
   * Concurrent runs, 1 by default. Without keys, another run starts only when a full batch waits: two half-full runs
   * would cost more than one.
   */
  maxConcurrency?: number
  /**
   * Whether a single item may have caused a run's fault. If so, the two halves run separately and in order, until the
   * item is found and rejects alone.
   */
  mayBeItemFault?: (error: unknown) => boolean
  /**
   * Schedules a run of an idle batcher; immediately by default. With `setImmediate`, items added in the same turn of
   * the event loop share a run.
   */
  begin?: (run: () => void) => void
}

interface Added<I, O> extends Waiting<I> {
  resolve: (result: O | Promise<O>) => void
}

const NONE: ReadonlySet<unknown> = new Set()

export function createBatcher<I, O>(settings: BatcherSettings<I, O>): Batcher<I, O> {
  const { weigh, keyOf, maxConcurrency = 1, begin = (run) => run() } = settings
  const queue = openAdmissionQueue<I, Added<I, O>>(settings)
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
          outsideTraces(() => begin(runAll))
        }
        queue.watch()
      }),
    waiting: () => queue.weight(),
  }
}

/** Never rejects: each item of the batch settles separately. */
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
