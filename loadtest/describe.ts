import type { Endings } from './endings.ts'
import { mergeRecords, percentilesOf } from './generator/index.ts'
import type { GeneratorPlan, GeneratorProgress, GeneratorResult } from './generator/index.ts'
import type { Percentiles } from './result.ts'

/** What is said while a load runs; the table and the page come after it. */
export function describePlan(plan: GeneratorPlan): string[] {
  const { ratePerSecond, durationMs, warmUpMs, recipientsPerRequest, expressShare, skew } = plan
  const each = `${recipientsPerRequest} ${recipientsPerRequest === 1 ? 'recipient' : 'recipients'}`
  const before = warmUpMs > 0 ? `, after ${seconds(warmUpMs)} of warm-up` : ''
  return [
    `offering    ${ratePerSecond} requests/s for ${seconds(durationMs)}${before}: ` +
      `${each} each, ${expressShare * 100} % express, customers ${skew}`,
  ]
}

export function describeProgress(progress: GeneratorProgress): string {
  const { elapsedMs, dueRequests, answeredRequests, refusedRequests, inFlightRequests, waitingRequests } =
    progress
  const p99 = progress.http.count > 0 ? `, p99 ${progress.http.p99Ms.toFixed(1)} ms` : ''
  const late = waitingRequests > 0 ? `, waiting ${waitingRequests}` : ''
  return (
    `  ${seconds(elapsedMs)}  offered ${dueRequests}, answered ${answeredRequests}, errors ${refusedRequests}` +
    `, in flight ${inFlightRequests}${late}${p99}`
  )
}

export function describeOffered(plan: GeneratorPlan, result: GeneratorResult): string[] {
  const { dueRequests, unsentRequests, achievedPerSecond, durationMs, answers } = result
  const micros = result.cpuMicrosPerRequest.toFixed(0)
  const lateness = percentilesOf(mergeRecords([result.lateness]))
  return [
    `offered     ${plan.ratePerSecond} requests/s, ${dueRequests} in all; ${unsentRequests} could not be sent`,
    `achieved    ${achievedPerSecond.toFixed(1)} answers/s over ${seconds(durationMs)}`,
    ...Object.entries(answers).map(([answer, count]) => `answers     ${answer}: ${count}`),
    `latency     ${describeMs(percentilesOf(mergeRecords([result.http])))}, from the time each was due`,
    `generator   ${micros} µs of CPU a request; sent p99 ${lateness.p99Ms.toFixed(1)} ms after it was due`,
  ]
}

export function describeEndings({ done, failed, open, unanswered, handOver, tookMs }: Endings): string[] {
  return [
    `ended       ${done} done, ${failed} failed and refunded, ${open} open`,
    ...(unanswered > 0 ? [`            ${unanswered} were accepted without an answer that reached us`] : []),
    ...(tookMs > 0
      ? [
          `end to end  ${(((done + failed) * 1_000) / tookMs).toFixed(1)} recipients/s from the first acceptance to the last ending, ${seconds(tookMs)}`,
        ]
      : []),
    ...Object.entries(handOver).map(
      ([type, values]: [string, Percentiles]) =>
        `hand-over   ${type}: ${describeMs(values)}, from acceptance to ending`,
    ),
  ]
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function describeMs({ p50Ms, p95Ms, p99Ms, maxMs }: Percentiles): string {
  const [p50, p95, p99, max] = [p50Ms, p95Ms, p99Ms, maxMs].map((value) => `${value.toFixed(1)} ms`)
  return `p50 ${p50}, p95 ${p95}, p99 ${p99}, max ${max}`
}
