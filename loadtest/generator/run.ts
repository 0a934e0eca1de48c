import { createDriver } from './drive.ts'
import { Exchange } from './exchange.ts'
import type { GeneratorPlan, GeneratorProgress, GeneratorResult } from './plan.ts'
import { createTimetable } from './timetable.ts'
import { wakeUntilOver } from './wake.ts'

const PROGRESS_MS = 1_000
/** The poll interval for the end, when no further request is due. */
const END_CHECK_MS = 20
/** How long a stopped generator waits for answers to requests in flight. */
const STOP_GRACE_MS = 5_000

/** Runs a plan in this process. `stopped` may resolve at any time: then no further request is sent. */
export async function runPlan(
  plan: GeneratorPlan,
  stopped: Promise<void>,
  onProgress: (progress: GeneratorProgress) => void,
): Promise<GeneratorResult> {
  const nowMs = () => performance.now()
  const exchange = new Exchange({ baseUrl: plan.baseUrl, connectionsMax: plan.connections, nowMs })
  const cpuMicros = cpuMeter()
  const startMs = nowMs()
  const startedAtEpochMs = Math.round(Date.now() + plan.warmUpMs)
  const driver = createDriver(plan, createTimetable(plan, startMs), exchange, nowMs)
  let givesUpAtMs = Infinity
  void stopped.then(() => {
    driver.stop()
    givesUpAtMs = nowMs() + STOP_GRACE_MS
  })
  const report = () =>
    onProgress({ ...driver.takeProgress(), cpuMicros: cpuMicros(), rssBytes: process.memoryUsage.rss() })

  let reportAtMs = startMs + PROGRESS_MS
  await wakeUntilOver(() => {
    if (driver.pump() || nowMs() > givesUpAtMs) return undefined
    if (nowMs() >= reportAtMs) {
      exchange.expire()
      report()
      reportAtMs += PROGRESS_MS
    }
    const dueMs = driver.nextDueMs()
    return Math.min(dueMs === Infinity ? nowMs() + END_CHECK_MS : dueMs, reportAtMs) - nowMs()
  })
  const micros = cpuMicros()
  exchange.close()
  report()
  const result = driver.result()
  const sent = [result, result.warmUp].reduce(
    (sum, { dueRequests, unsentRequests }) => sum + dueRequests - unsentRequests,
    0,
  )
  return {
    ...result,
    startedAtEpochMs,
    connectionsOpened: exchange.connectionsOpened(),
    cpuMicros: micros,
    cpuMicrosPerRequest: sent > 0 ? micros / sent : 0,
  }
}

function cpuMeter(): () => number {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
}
