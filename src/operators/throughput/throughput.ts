import { CLASSES } from '../../primitives/messageClass.ts'
import type { MessageClass } from '../contract.ts'
import { HORIZON_US } from './grantSlice.ts'
import type { Lease } from './leaseQuota.ts'
import { partsOfCallMax, spacingMs } from './spacing.ts'

/** An operator's bound on message parts a second, as one class of traffic reaches it. Times are monotonic milliseconds. */
export interface Throughput {
  readonly partsPerSecond: number
  /** Parts of one call; a message with more goes alone. */
  readonly partsMax: number
  /** When a call that asks now may be expected to begin. In the past: at once. */
  readyAtMs(): number
  /** Waits for the turn of a call. @returns undefined if it does not come within `waitMaxMs`, or on stop. */
  acquire(parts: number, waitMaxMs: number, stopping?: AbortSignal): Promise<Turn | undefined>
}

/** A call may begin until then: later, it would meet the calls of others. */
export interface Turn {
  expiresAtMs: number
}

export interface ThroughputOptions {
  partsPerSecond: number
  lease: (messageClass: MessageClass, costMs: number) => Promise<Lease>
  now?: () => number
}

/** So much of an operator's time is leased at once, if it is asked for: a few leases a second, whatever the bound. */
const SLICE_MS = 100
/** A queue of this length keeps the bound used. Messages beyond it go to the next operator, or wait where they cost nothing. */
const QUEUE_MS = 300
/** How late a call may begin. */
const GRACE_MS = 40
/** After a lease that failed: without a database nothing can be settled either. */
const RETRY_MS = 200

interface Waiter {
  costMs: number
  /** Undefined: it waits no longer. */
  resolve: ((turn: Turn | undefined) => void) | undefined
}

/** The bound of one operator in this process: both classes wait for slices of its time, express before normal. */
export function createThroughput(options: ThroughputOptions): Record<MessageClass, Throughput> {
  const { partsPerSecond, lease } = options
  const now = options.now ?? (() => performance.now())
  const waiting: Record<MessageClass, Waiter[]> = { normal: [], express: [] }
  const askAgainAtMs = { normal: -Infinity, express: -Infinity }
  const isLeasing = { normal: false, express: false }
  let busyUntilMs = -Infinity

  const queuedMs = (messageClass: MessageClass) => {
    const ahead = messageClass === 'express' ? waiting.express : [...waiting.express, ...waiting.normal]
    return ahead.reduce((sum, { costMs }) => sum + costMs, 0)
  }
  const pump = (messageClass: MessageClass) => {
    const queue = waiting[messageClass]
    while (queue[0] && !queue[0].resolve) queue.shift()
    if (isLeasing[messageClass] || queue.length === 0) return
    isLeasing[messageClass] = true
    void leaseNext(messageClass).finally(() => {
      isLeasing[messageClass] = false
      pump(messageClass)
    })
  }
  const leaseNext = async (messageClass: MessageClass) => {
    await sleep(askAgainAtMs[messageClass] - now())
    const costMs = costOfSlice(waiting[messageClass])
    if (costMs === 0) return
    try {
      const leased = await lease(messageClass, costMs)
      if (leased.kind === 'later') askAgainAtMs[messageClass] = leased.atMs
      else {
        askAgainAtMs[messageClass] = leased.startsAtMs + costMs - HORIZON_US[messageClass] / 1_000
        assign(messageClass, leased.startsAtMs, costMs)
      }
    } catch {
      askAgainAtMs[messageClass] = now() + RETRY_MS
    }
  }
  /** Express messages that came meanwhile go first in a slice of normal: those have the next one. */
  const assign = (messageClass: MessageClass, startsAtMs: number, costMs: number) => {
    const queues = messageClass === 'express' ? [waiting.express] : [waiting.express, waiting.normal]
    let atMs = startsAtMs
    for (const queue of queues)
      for (let head = queue[0]; head && atMs + head.costMs <= startsAtMs + costMs + 1; head = queue[0]) {
        queue.shift()
        if (!head.resolve) continue
        begin(head.resolve, atMs)
        atMs += head.costMs
      }
    busyUntilMs = Math.max(busyUntilMs, atMs)
  }
  const begin = (resolve: (turn: Turn) => void, atMs: number) => {
    const delayMs = atMs - now()
    const turn = { expiresAtMs: Math.max(atMs, now()) + GRACE_MS }
    if (delayMs <= 0) resolve(turn)
    else setTimeout(resolve, delayMs, turn)
  }
  const throughputOf = (messageClass: MessageClass): Throughput => ({
    partsPerSecond,
    partsMax: partsOfCallMax(partsPerSecond),
    readyAtMs: () => Math.max(busyUntilMs, now()) + queuedMs(messageClass) - QUEUE_MS,
    acquire: (parts, waitMaxMs, stopping) => {
      const { waiter, turn } = createWaiter(spacingMs(parts, partsPerSecond), waitMaxMs, stopping)
      waiting[messageClass].push(waiter)
      pump(messageClass)
      return turn
    },
  })
  return Object.fromEntries(CLASSES.map((each) => [each, throughputOf(each)])) as Record<
    MessageClass,
    Throughput
  >
}

function createWaiter(
  costMs: number,
  waitMaxMs: number,
  stopping?: AbortSignal,
): { waiter: Waiter; turn: Promise<Turn | undefined> } {
  const { promise: turn, resolve } = Promise.withResolvers<Turn | undefined>()
  const giveUp = () => {
    waiter.resolve = undefined
    end(undefined)
  }
  const timer = setTimeout(giveUp, Math.max(0, waitMaxMs))
  // The signal lives as long as the process, so that a listener left there would never be freed.
  stopping?.addEventListener('abort', giveUp)
  const end = (given: Turn | undefined) => {
    clearTimeout(timer)
    stopping?.removeEventListener('abort', giveUp)
    resolve(given)
  }
  const waiter: Waiter = { costMs, resolve: end }
  if (stopping?.aborted) giveUp()
  return { waiter, turn }
}

/** Of the calls that wait, as many as fit into a slice: at least the first. */
function costOfSlice(queue: readonly Waiter[]): number {
  let costMs = 0
  for (const { costMs: each, resolve } of queue) {
    if (!resolve) continue
    if (costMs > 0 && costMs + each > SLICE_MS) break
    costMs += each
  }
  return costMs
}

function sleep(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve()
}
