import type { After } from './loop.ts'
import { afterTimeout } from './loop.ts'

/**
 * Batching by load, not by clock: while one run is in flight, what arrives waits and goes together into the next one.
 * An idle gathering runs a single item at once, a busy one many at a time, and no timer decides which.
 */
export interface Gathering<I, O> {
  /** @returns what the run made of the item. Rejects with its run's fault, or with what `admission` refuses it by. */
  add(item: I): Promise<O>
  /** The weight of what has not begun. */
  waiting(): number
}

export interface GatherSettings<I, O> {
  /** Does the work of all the items and resolves to one result for each, by position. Never under way twice. */
  run: (items: I[]) => Promise<O[]>
  /** In whatever unit runs are bounded by; recipients, mostly. */
  weightOf: (item: I) => number
  /** Items of one run together; a heavier one runs alone. */
  runWeightMax: number
  /**
   * Whether a run's fault may be the fault of one of its items. Then both halves run by themselves, one after the
   * other and in their order, until the one is found and rejects alone.
   */
  mayBeOfOne?: (error: unknown) => boolean
  /**
   * How an idle gathering begins; at once when it is not given. With `setImmediate`, what is added in the same turn of
   * the event loop goes together.
   */
  begin?: (run: () => void) => void
  /** Without it everything that is added waits for its run: for callers that are bounded themselves. */
  admission?: Admission<I>
}

/** Who may wait, and for how long. */
export interface Admission<I> {
  /** What would make more than this wait is refused. When nothing waits there is always room for one. */
  waitingWeightMax: number
  waitMaxMs: number
  /** Asked when the item's turn has come: nobody waits for the result any more. */
  isGone: (item: I) => boolean
  /** The error of one that is refused: nothing was begun with it. */
  refuse: (why: 'full' | 'late' | 'gone') => Error
  nowMs?: () => number
  after?: After
}

interface Waiting<I, O> {
  item: I
  weight: number
  sinceMs: number
  resolve: (result: O) => void
  reject: (error: unknown) => void
}

export function gather<I, O>(settings: GatherSettings<I, O>): Gathering<I, O> {
  const { admission, begin = (run) => run() } = settings
  const nowMs = admission?.nowMs ?? (() => performance.now())
  const after = admission?.after ?? afterTimeout
  let queue: Waiting<I, O>[] = []
  let queueWeight = 0
  let isRunning = false
  let isWatched = false

  async function runAll(): Promise<void> {
    while (queue.length > 0) await runBatch(settings, take())
    isRunning = false
  }

  /** The oldest, as many as one run may hold. */
  function take(): Waiting<I, O>[] {
    const batch: Waiting<I, O>[] = []
    let weight = 0
    let taken = 0
    for (const each of queue) {
      const isGone = admission?.isGone(each.item) ?? false
      if (!isGone && batch.length > 0 && weight + each.weight > settings.runWeightMax) break
      taken++
      if (isGone) each.reject(admission?.refuse('gone'))
      else {
        batch.push(each)
        weight += each.weight
      }
    }
    remove(taken)
    return batch
  }

  /** @returns the first of the queue, which are in it no longer. */
  function remove(count: number): Waiting<I, O>[] {
    const removed = queue.slice(0, count)
    queue = queue.slice(count)
    for (const { weight } of removed) queueWeight -= weight
    return removed
  }

  /** One timer, for the head of the queue: the others are younger. */
  function watchHead({ waitMaxMs, refuse }: Admission<I>): void {
    const [head] = queue
    if (!head || isWatched) return
    isWatched = true
    after(head.sinceMs + waitMaxMs - nowMs(), () => {
      isWatched = false
      const young = queue.findIndex(({ sinceMs }) => nowMs() - sinceMs < waitMaxMs)
      for (const late of remove(young < 0 ? queue.length : young)) late.reject(refuse('late'))
      if (admission) watchHead(admission)
    })
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        const weight = settings.weightOf(item)
        if (admission && queue.length > 0 && queueWeight + weight > admission.waitingWeightMax)
          return reject(admission.refuse('full'))
        queue.push({ item, weight, sinceMs: nowMs(), resolve, reject })
        queueWeight += weight
        if (isRunning) {
          if (admission) watchHead(admission)
          return
        }
        isRunning = true
        begin(() => void runAll())
      }),
    waiting: () => queueWeight,
  }
}

/** Never rejects: each of the batch is told by itself. */
async function runBatch<I, O>(settings: GatherSettings<I, O>, batch: Waiting<I, O>[]): Promise<void> {
  if (batch.length === 0) return
  let results: O[]
  try {
    results = await settings.run(batch.map(({ item }) => item))
    if (results.length !== batch.length)
      throw new Error('a run gave another number of results than it had items')
  } catch (error) {
    if (batch.length > 1 && settings.mayBeOfOne?.(error)) {
      const middle = Math.ceil(batch.length / 2)
      await runBatch(settings, batch.slice(0, middle))
      await runBatch(settings, batch.slice(middle))
    } else {
      for (const each of batch) each.reject(error)
    }
    return
  }
  batch.forEach((each, position) => each.resolve(results[position] as O))
}
