import type { After } from './loop.ts'
import { afterTimeout } from './loop.ts'

/** Who may wait, and for how long. */
export interface Admission<I> {
  /** An item that would exceed this weight is refused, unless nothing waits. */
  waitingWeightMax: number
  waitingItemsMax: number
  /** The owner of an item. An owner has a share of both bounds, and items beyond that share are refused. */
  ownerOf?: (item: I) => unknown
  waitMaxMs: number
  /** Called when the item's turn has come. If true, the caller no longer waits for the result. */
  isGone: (item: I) => boolean
  /** The error of a refused item. No work on it was started. */
  refuse: (why: 'full' | 'share' | 'late' | 'gone', item: I) => Error
  nowMs?: () => number
  after?: After
}

export interface Waiting<I> {
  item: I
  weight: number
  /** Only items with the same key share a run. */
  key: unknown
  reject: (error: unknown) => void
}

export interface AdmissionQueue<W> {
  /** Queues an item, or rejects it. @returns whether it was queued. */
  push(waiting: W): boolean
  /**
   * Removes the first item whose key is not busy, and the next ones with that key, up to the size of a run. Empty when
   * there is none.
   */
  take(busy: ReadonlySet<unknown>): W[]
  /** Sets the timer that rejects items when they have waited too long. */
  watch(): void
  weight(): number
}

/** The share of both bounds that one owner may use, so that an overloading owner leaves room for the others. */
const SHARE = 1 / 2

/** How a queue fills a run. */
export interface QueueOptions<I> {
  /** The total weight of one run. A heavier item runs alone. */
  batchWeightMax: number
  batchItemsMax?: number
  /** Each unit of an item's weight ranks it this much later. 0 with an admission, whose timer assumes order of arrival. */
  yieldMs?: number
  /** Bounds the queue. Leave it out only for callers that are bounded themselves. */
  admission?: Admission<I>
}

/** Items that wait for a run, in their order. Without an admission, the queue has no bound. */
export function openAdmissionQueue<I, W extends Waiting<I>>({
  batchWeightMax,
  batchItemsMax = Infinity,
  yieldMs = 0,
  admission,
}: QueueOptions<I>): AdmissionQueue<W> {
  if (admission && yieldMs > 0) throw new TypeError('a queue with an admission is in order of arrival')
  const nowMs = admission?.nowMs ?? (() => performance.now())
  const after = admission?.after ?? afterTimeout
  const sizes = openSizes(admission)
  let queue: (W & { sinceMs: number; rankMs: number })[] = []
  let isWatched = false

  function leave(each: W, why: 'late' | 'gone'): void {
    sizes.remove(each)
    each.reject(admission?.refuse(why, each.item))
  }

  /** One timer for the head of the queue; the other items are younger. */
  function watch(): void {
    const [head] = queue
    if (!admission || !head || isWatched) return
    const { waitMaxMs } = admission
    isWatched = true
    after(head.sinceMs + waitMaxMs - nowMs(), () => {
      isWatched = false
      const young = queue.findIndex(({ sinceMs }) => nowMs() - sinceMs < waitMaxMs)
      for (const late of queue.splice(0, young < 0 ? queue.length : young)) leave(late, 'late')
      watch()
    })
  }

  return {
    push(waiting) {
      const why = sizes.whyNot(waiting)
      if (why) waiting.reject(admission?.refuse(why, waiting.item))
      else {
        sizes.add(waiting)
        const sinceMs = nowMs()
        const rankMs = sinceMs + waiting.weight * yieldMs
        const before = queue.findLastIndex((each) => each.rankMs <= rankMs)
        queue.splice(before + 1, 0, { ...waiting, sinceMs, rankMs })
      }
      return !why
    },
    take(busy) {
      const taken: W[] = []
      const passed: typeof queue = []
      let weight = 0
      let seen = 0
      for (const each of queue) {
        const isGone = admission?.isGone(each.item) ?? false
        const isNext = taken[0] ? each.key === taken[0].key : !busy.has(each.key)
        const isFull = weight + each.weight > batchWeightMax || taken.length === batchItemsMax
        if (!isGone && isNext && taken.length > 0 && isFull) break
        seen++
        if (isGone) leave(each, 'gone')
        else if (!isNext) passed.push(each)
        else {
          taken.push(each)
          weight += each.weight
          sizes.remove(each)
        }
      }
      queue = [...passed, ...queue.slice(seen)]
      return taken
    },
    watch,
    weight: () => sizes.weight(),
  }
}

interface Size {
  items: number
  weight: number
}

/** The waiting weight and items, in total and by owner. */
function openSizes<I>(admission: Admission<I> | undefined) {
  const { waitingWeightMax = Infinity, waitingItemsMax = Infinity, ownerOf } = admission ?? {}
  const all: Size = { items: 0, weight: 0 }
  const owned = new Map<unknown, Size>()
  const hasRoom = (size: Size, weight: number, share: number) =>
    size.items === 0 ||
    (size.weight + weight <= waitingWeightMax * share && size.items + 1 <= waitingItemsMax * share)

  function change({ item, weight }: Waiting<I>, sign: 1 | -1): void {
    all.items += sign
    all.weight += sign * weight
    if (!ownerOf) return
    const owner = ownerOf(item)
    const ofOwner = owned.get(owner) ?? { items: 0, weight: 0 }
    ofOwner.items += sign
    ofOwner.weight += sign * weight
    if (ofOwner.items === 0) owned.delete(owner)
    else owned.set(owner, ofOwner)
  }

  return {
    add: (waiting: Waiting<I>) => change(waiting, 1),
    remove: (waiting: Waiting<I>) => change(waiting, -1),
    weight: () => all.weight,
    whyNot({ item, weight }: Waiting<I>): 'full' | 'share' | undefined {
      if (!hasRoom(all, weight, 1)) return 'full'
      const ofOwner = ownerOf && owned.get(ownerOf(item))
      return ofOwner && !hasRoom(ofOwner, weight, SHARE) ? 'share' : undefined
    },
  }
}
