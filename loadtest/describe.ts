import type { LoadOutcome } from './outcome.ts'
import { mergeRecords, percentilesOf } from './generator/index.ts'
import type { GeneratorPlan, GeneratorProgress, GeneratorResult } from './generator/index.ts'
import type { Percentiles } from './result.ts'

/** The lines that a load test prints while it runs, before the table and the page. */
export function describePlan(plan: GeneratorPlan): string[] {
  const { ratePerSecond, durationMs, warmUpMs, recipientsPerRequest, expressShare, skew } = plan
  const each = `${recipientsPerRequest} ${recipientsPerRequest === 1 ? 'recipient' : 'recipients'}`
  const before = warmUpMs > 0 ? `, after ${seconds(warmUpMs)} of warm-up` : ''
  return [
    `load        ${ratePerSecond} requests/s for ${seconds(durationMs)}${before}: ` +
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
    `answered    ${achievedPerSecond.toFixed(1)} requests/s over ${seconds(durationMs)}`,
    ...Object.entries(answers).map(([answer, count]) => `answers     ${answer}: ${count}`),
    `latency     HTTP: ${describeMs(percentilesOf(mergeRecords([result.http])))} (corrected for coordinated omission)`,
    `generator   ${micros} µs of CPU per request; p99 of the delay between due and sent ${lateness.p99Ms.toFixed(1)} ms`,
  ]
}

export function describeOutcome({
  done,
  failed,
  unfinished,
  unanswered,
  handOver,
  tookMs,
}: LoadOutcome): string[] {
  return [
    `finished    ${done} done, ${failed} failed and refunded, ${unfinished} unfinished`,
    ...(unanswered > 0 ? [`            ${unanswered} were accepted although their answer was lost`] : []),
    ...(tookMs > 0
      ? [
          `throughput  ${(((done + failed) * 1_000) / tookMs).toFixed(1)} recipients/s from the first acceptance to the last result, ${seconds(tookMs)}`,
        ]
      : []),
    ...Object.entries(handOver).map(
      ([type, values]: [string, Percentiles]) => `end-to-end latency, ${type}: ${describeMs(values)}`,
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
