import { createAdaptiveRate, RATE_MIN } from './adaptiveRate.ts'
import type { AdaptiveRate, Ceiling } from './adaptiveRate.ts'
import { createCallCounter } from './callCounter.ts'
import type { CallCounter } from './callCounter.ts'
import type { MessageClass } from './contract.ts'
import { createPaceQueue } from './paceQueue.ts'
import type { PaceQueue } from './paceQueue.ts'

/** How fast one class of traffic may call one operator. Times are monotonic milliseconds. */
export interface Pace {
  /** When the next call may begin, behind the calls that wait already. In the past: at once. */
  readyAtMs(): number
  /** Waits for the next call's turn. @returns false as soon as that is known to be more than `waitMaxMs` ahead. */
  acquire(waitMaxMs: number): Promise<boolean>
  /** Marks the beginning of a call. */
  begin(): number
  /** The operator processed the call: it counts towards the rate that the operator is known to take. */
  admitted(beganAtMs: number): void
  /** The operator throttled the call that began at `beganAtMs`, and asked for a pause if `retryAfterMs` is not null. */
  throttled(beganAtMs: number, retryAfterMs: number | null): void
  /** Null: unlimited. */
  callsPerSecond(): number | null
}

export interface PaceOptions {
  now?: () => number
  /** After each throttled call, and each time a pace changes. */
  onThrottled?: (messageClass: MessageClass) => void
  onChange?: (messageClass: MessageClass, callsPerSecond: number | null) => void
}

/** The rate that an operator takes is what it took in this time. Most operators limit calls by the second. */
const ACHIEVED_WINDOW_MS = 1_000
/** Express arrives unevenly; room is kept for the mean of this time or for the last second, whichever is more. */
const EXPRESS_WINDOW_MS = 5_000
/** Traffic without any pace has filled the operator's window for this second; express gets what becomes free in it. */
const FIRST_PAUSE_MS = 1_000
/** Below this share of the traffic, slowing normal down makes no room: express itself is above the limit. */
const NORMAL_SHARE_MIN = 0.2
/** No operator silences us for longer without being asked again. */
export const RETRY_AFTER_MAX_MS = 60_000
/** A smaller share of throttled calls of a class says nothing about a limit: an operator may refuse some at random. */
const THROTTLED_SHARE_MIN = 0.1
/** Long enough that chance evens out. */
const SHARE_WINDOW_MS = 5_000
/** Normal stays further below a limit that express ran into. */
const CEILINGS: Record<MessageClass, Ceiling> = {
  normal: { share: 0.9, holdMs: 30_000 },
  express: { share: 0.75, holdMs: 60_000 },
}

/** What the two classes at one operator know of each other. */
interface SharedRate {
  now: () => number
  /** By the time of their answers. */
  admitted: Record<MessageClass, CallCounter>
  /** The same calls by the time they began. */
  began: Record<MessageClass, CallCounter>
  throttled: Record<MessageClass, CallCounter>
  /** Of both classes together; normal gets what express leaves of it. */
  total: AdaptiveRate
  /** Of express alone, lowered only where normal is not in its way. */
  express: AdaptiveRate
  loweredAtMs: number
  /** Throttled calls that began earlier lower no rate. */
  judgedFromMs: number
}

/**
 * The paces of the two classes at one operator, both unlimited until it throttles; express never waits because normal
 * was throttled (invariant 5). Normal traffic keeps headroom: it gets what express leaves of the rate that the operator
 * was found to take, and slows down when either class is throttled.
 */
export function createPaces(options: PaceOptions = {}): Record<MessageClass, Pace> {
  const now = options.now ?? (() => performance.now())
  const shared: SharedRate = {
    now,
    admitted: { normal: createCallCounter(), express: createCallCounter() },
    began: { normal: createCallCounter(), express: createCallCounter() },
    throttled: { normal: createCallCounter(), express: createCallCounter() },
    total: createAdaptiveRate(),
    express: createAdaptiveRate(),
    loweredAtMs: -Infinity,
    judgedFromMs: -Infinity,
  }
  const rates = { normal: () => normalRate(shared), express: () => shared.express.perSecond() }
  const tell = (messageClass: MessageClass) => options.onChange?.(messageClass, rates[messageClass]())
  const tellBoth = () => {
    tell('normal')
    tell('express')
  }
  const open = (messageClass: MessageClass): PaceQueue =>
    createPaceQueue({
      now,
      rate: rates[messageClass],
      whileLimited: () => {
        const rate = messageClass === 'normal' ? shared.total : shared.express
        if (rate.grow(now())) tell(messageClass)
      },
    })
  const queues = { normal: open('normal'), express: open('express') }
  const paceOf = (messageClass: MessageClass): Pace => ({
    readyAtMs: () => queues[messageClass].readyAtMs(),
    acquire: (waitMaxMs) => queues[messageClass].acquire(waitMaxMs),
    begin: now,
    admitted: (beganAtMs) => {
      shared.admitted[messageClass].add(now())
      shared.began[messageClass].add(beganAtMs)
      if (beganAtMs < shared.loweredAtMs && correct(shared)) tellBoth()
    },
    throttled: (beganAtMs, retryAfterMs) => {
      options.onThrottled?.(messageClass)
      if (retryAfterMs !== null) block(queues, messageClass, now() + bounded(retryAfterMs))
      if (beganAtMs < shared.judgedFromMs) return
      if (!isLimit(shared, messageClass)) return
      const isFirst = shared.total.perSecond() === null
      lower(shared, messageClass)
      if (isFirst) {
        queues.normal.block(now() + FIRST_PAUSE_MS)
        // Until a whole window without the pause has passed, what was achieved says nothing about the limit.
        shared.judgedFromMs = now() + FIRST_PAUSE_MS + ACHIEVED_WINDOW_MS
      }
      tellBoth()
    },
    callsPerSecond: rates[messageClass],
  })
  return { normal: paceOf('normal'), express: paceOf('express') }
}

/** An operator that asks express to wait has no room for normal either; the reverse says nothing about express. */
function block(queues: Record<MessageClass, PaceQueue>, messageClass: MessageClass, untilMs: number): void {
  queues.normal.block(untilMs)
  if (messageClass === 'express') queues.express.block(untilMs)
}

/** Whatever an adapter made of the operator's wish. */
function bounded(retryAfterMs: number): number {
  return Number.isNaN(retryAfterMs) ? 0 : Math.min(RETRY_AFTER_MAX_MS, Math.max(0, retryAfterMs))
}

/** Whether the share of throttled calls of a class points to a limit. Counts this call. */
function isLimit({ now, admitted, throttled }: SharedRate, messageClass: MessageClass): boolean {
  const nowMs = now()
  throttled[messageClass].add(nowMs)
  const refused = throttled[messageClass].perSecond(nowMs, SHARE_WINDOW_MS)
  return refused >= (refused + admitted[messageClass].perSecond(nowMs, SHARE_WINDOW_MS)) * THROTTLED_SHARE_MIN
}

function lower(shared: SharedRate, messageClass: MessageClass): void {
  const nowMs = shared.now()
  const { admitted, total, express } = shared
  const achieved = {
    normal: admitted.normal.perSecond(nowMs, ACHIEVED_WINDOW_MS),
    express: admitted.express.perSecond(nowMs, ACHIEVED_WINDOW_MS),
  }
  const sum = achieved.normal + achieved.express
  shared.loweredAtMs = nowMs
  shared.judgedFromMs = nowMs
  total.lower(nowMs, sum, CEILINGS[messageClass])
  if (messageClass === 'express' && achieved.normal <= sum * NORMAL_SHARE_MIN)
    express.lower(nowMs, achieved.express, CEILINGS.normal)
}

/**
 * Calls in flight at a decrease still count, when they were taken: at the first one that is most of the traffic.
 * @returns whether a rate changed.
 */
function correct({ began, total, express, loweredAtMs }: SharedRate): boolean {
  const ofExpress = began.express.perSecond(loweredAtMs, ACHIEVED_WINDOW_MS)
  const raised = [
    total.correct(began.normal.perSecond(loweredAtMs, ACHIEVED_WINDOW_MS) + ofExpress),
    express.correct(ofExpress),
  ]
  return raised.includes(true)
}

function normalRate({ now, admitted, total }: SharedRate): number | null {
  const rate = total.perSecond()
  if (rate === null) return null
  const ofExpress = [ACHIEVED_WINDOW_MS, EXPRESS_WINDOW_MS].map((ms) => admitted.express.perSecond(now(), ms))
  return Math.max(RATE_MIN, rate - Math.max(...ofExpress))
}
