import type { Exchange, RequestResult } from './exchange.ts'
import type { GeneratorPlan, GeneratorProgress, GeneratorResult } from './plan.ts'
import { writeRequests } from './requests.ts'
import { createTally } from './tally.ts'
import type { Timetable } from './timetable.ts'

/** The figures of the driver; its process adds the costs. */
export type DriverProgress = Omit<GeneratorProgress, 'cpuMicros' | 'rssBytes'>
export type DriverResult = Omit<
  GeneratorResult,
  'startedAtEpochMs' | 'connectionsOpened' | 'cpuMicros' | 'cpuMicrosPerRequest'
>

/**
 * Sends each request when it is due, or as soon as a connection is free, and measures latency from the due time. So a
 * stalled target shows in every request that was due, not only in those in flight (no coordinated omission).
 */
export interface Driver {
  /** Sends due requests. @returns whether every request was sent or abandoned, and has ended. */
  pump(): boolean
  /** When the next request is due; Infinity after the last one. */
  nextDueMs(): number
  /** The figures since the last call. */
  takeProgress(): DriverProgress
  /** Makes no further request due. */
  stop(): void
  result(): DriverResult
}

export function createDriver(
  plan: GeneratorPlan,
  timetable: Timetable,
  exchange: Pick<Exchange, 'hasRoom' | 'send'>,
  nowMs: () => number,
): Driver {
  const { requests, warmUpRequests, measuredFromMs, dueMs } = timetable
  const customers = plan.countsCustomers ? plan.customerLast - plan.customerFirst + 1 : 0
  const tally = createTally(timetable, customers)
  const write = writeRequests(plan)
  let stoppedMs = Infinity
  let sent = 0
  let ended = 0
  let before = { due: 0, sent: 0 }

  const dueNow = () => timetable.dueBy(Math.min(nowMs(), stoppedMs))
  const mayStillSend = () => sent < requests && stoppedMs === Infinity && nowMs() < timetable.endsAtMs
  const sendDue = () => {
    if (!mayStillSend()) return
    for (const due = dueNow(); sent < due && exchange.hasRoom();) sendNext()
  }
  const sendNext = () => {
    const index = sent++
    const { customer, text } = write(index)
    const sentMs = nowMs()
    exchange.send(text, (result: RequestResult) => {
      ended++
      const isWarmUp = index < warmUpRequests
      tally.add({ ...result, isWarmUp, customer, dueMs: dueMs(index), sentMs, endedMs: nowMs() })
      // A connection is free again, and a request may be waiting for it.
      sendDue()
    })
  }

  return {
    pump() {
      sendDue()
      return ended === sent && !mayStillSend()
    },
    nextDueMs: () => (mayStillSend() ? dueMs(sent) : Infinity),
    takeProgress() {
      const due = dueNow()
      const progress = {
        elapsedMs: nowMs() - measuredFromMs,
        dueRequests: due - before.due,
        sentRequests: sent - before.sent,
        ...tally.takeSecond(),
        inFlightRequests: sent - ended,
        waitingRequests: due - sent,
      }
      before = { due, sent }
      return progress
    },
    stop: () => (stoppedMs = Math.min(stoppedMs, nowMs())),
    result: () => resultOf(plan, timetable, { sent, stoppedMs }, tally.sum()),
  }
}

function resultOf(
  { durationMs }: GeneratorPlan,
  { requests, warmUpRequests, measuredFromMs, dueBy }: Timetable,
  { sent, stoppedMs }: { sent: number; stoppedMs: number },
  { answeredInTime, acceptedInTime, warmUp, ...sum }: ReturnType<ReturnType<typeof createTally>['sum']>,
): DriverResult {
  const measuredMs = Math.max(0, Math.min(durationMs, stoppedMs - measuredFromMs))
  const perSecond = (count: number) => (measuredMs > 0 ? (count / measuredMs) * 1_000 : 0)
  const requestsBetween = (from: number, to: number) => {
    const dueRequests = within(dueBy(stoppedMs), from, to)
    return { dueRequests, unsentRequests: dueRequests - within(sent, from, to) }
  }
  return {
    durationMs: measuredMs,
    ...requestsBetween(warmUpRequests, requests),
    ...sum,
    achievedPerSecond: perSecond(answeredInTime),
    acceptedPerSecond: perSecond(acceptedInTime),
    warmUp: { ...requestsBetween(0, warmUpRequests), ...warmUp },
  }
}

/** How many of the first `count` requests lie between the two places. */
function within(count: number, from: number, to: number): number {
  return Math.max(0, Math.min(count, to) - from)
}
