import type { FoundRecipient } from './follow.ts'
import { createHistogram, percentilesOf, recordMs } from './generator/index.ts'
import type { Histogram } from './generator/index.ts'
import type { Percentiles } from './result.ts'

/** What the generator counted: accepted recipients of the first customer, the second and so on. */
export interface Accepted {
  customerFirst: number
  byCustomer: readonly number[]
}

/** The results of all recipients of the load, warm-up included. */
export interface LoadOutcome {
  done: number
  failed: number
  /** Neither, so far. */
  unfinished: number
  /** There without an accepting answer: it was lost on its way. */
  unanswered: number
  /** Accepted and not there: at most the first few of the customers concerned, in words. */
  wrong: string[]
  missing: number
  handOver: { normal?: Percentiles; express?: Percentiles }
  /** From the first acceptance until the last recipient finished. */
  tookMs: number
  timeline: Timeline
}

/** Recipients of each second. Second 0 begins with the first acceptance: so no two clocks have to agree. */
export interface Timeline {
  accepted: Map<number, number>
  ended: Map<number, number>
  done: Map<number, number>
}

const WRONG_LISTED_MAX = 10

export async function readOutcome(
  recipients: AsyncIterable<FoundRecipient>,
  { customerFirst, byCustomer }: Accepted,
): Promise<LoadOutcome> {
  const counts = { done: 0, failed: 0, unfinished: 0 }
  const left = Int32Array.from(byCustomer)
  const handOver = { normal: createHistogram(), express: createHistogram() }
  const byTenth = {
    accepted: new Map<number, number>(),
    ended: new Map<number, number>(),
    done: new Map<number, number>(),
  }
  let [firstAcceptedMs, lastEndedMs] = [Infinity, -Infinity]
  for await (const { customerId, type, status, acceptedMs, updatedMs } of recipients) {
    const customer = customerId - customerFirst
    left[customer] = (left[customer] ?? 0) - 1
    firstAcceptedMs = Math.min(firstAcceptedMs, acceptedMs)
    addOne(byTenth.accepted, toTenths(acceptedMs))
    const hasEnded = status === 'done' || status === 'failed'
    counts[hasEnded ? status : 'unfinished']++
    if (!hasEnded) continue
    lastEndedMs = Math.max(lastEndedMs, updatedMs)
    recordMs(handOver[type], updatedMs - acceptedMs)
    addOne(byTenth.ended, toTenths(updatedMs))
    if (status === 'done') addOne(byTenth.done, toTenths(updatedMs))
  }
  const firstTenth = toTenths(firstAcceptedMs)
  return {
    ...counts,
    ...compare(left, customerFirst),
    handOver: { ...named('normal', handOver.normal), ...named('express', handOver.express) },
    tookMs: Math.max(0, lastEndedMs - firstAcceptedMs),
    timeline: {
      accepted: bySecond(byTenth.accepted, firstTenth),
      ended: bySecond(byTenth.ended, firstTenth),
      done: bySecond(byTenth.done, firstTenth),
    },
  }
}

/** Fine enough to begin with the first acceptance, and few enough to keep for an hour. */
function toTenths(epochMs: number): number {
  return Math.floor(epochMs / 100)
}

function bySecond(byTenth: ReadonlyMap<number, number>, firstTenth: number): Map<number, number> {
  const seconds = new Map<number, number>()
  for (const [tenth, count] of byTenth) addOne(seconds, Math.floor((tenth - firstTenth) / 10), count)
  return seconds
}

function addOne(counts: Map<number, number>, key: number, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

/** `left` is what was accepted less what was found, of each customer. */
function compare(
  left: Int32Array,
  customerFirst: number,
): Pick<LoadOutcome, 'unanswered' | 'missing' | 'wrong'> {
  let [unanswered, missing] = [0, 0]
  const wrong: string[] = []
  for (const [customer, count] of left.entries()) {
    if (count < 0) unanswered -= count
    if (count <= 0) continue
    missing += count
    if (wrong.length < WRONG_LISTED_MAX)
      wrong.push(`customer ${customerFirst + customer}: ${count} accepted recipients are nowhere to be found`)
  }
  return { unanswered, missing, wrong }
}

function named(type: 'normal' | 'express', histogram: Histogram) {
  return histogram.count > 0 ? { [type]: percentilesOf(histogram) } : {}
}
