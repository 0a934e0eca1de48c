import { coresBetween, costsBetween } from './bench/measure/usage.ts'
import type { LoadOutcome } from './outcome.ts'
import { mergeRecords, percentilesOf } from './generator/index.ts'
import type { GeneratorPlan, GeneratorResult } from './generator/index.ts'
import type { RecipientCounts, RunResult, Sample } from './result.ts'
import { secondOf } from './watchLoad.ts'
import type { WatchedLoad } from './watchLoad.ts'

/** Puts together what the generator saw, the results of its messages, and what they cost. */
export function toRunResult(
  plan: GeneratorPlan,
  watched: WatchedLoad,
  outcome: LoadOutcome,
  audit: RunResult['audit'],
): RunResult {
  const { result } = watched
  const samples = toSamples(plan, watched, outcome)
  const recipients = countRecipients(plan, result, outcome)
  const cpu = costOf(plan, watched, outcome)
  return {
    name: 'load',
    title: `${plan.ratePerSecond} requests a second for ${Number((result.durationMs / 1_000).toFixed(1))} s`,
    settings: describeSettings(plan),
    durationMs: result.durationMs,
    offeredPerSecond: result.durationMs > 0 ? (result.dueRequests * 1_000) / result.durationMs : 0,
    achievedPerSecond: result.achievedPerSecond,
    unsentRequests: result.unsentRequests,
    answers: result.answers,
    recipients,
    http: percentilesOf(mergeRecords([result.http])),
    handOver: outcome.handOver,
    samples,
    ...(cpu && { cpu }),
    ...(audit && { audit }),
    notes: notesOf(plan, result, outcome),
  }
}

function describeSettings(plan: GeneratorPlan): RunResult['settings'] {
  return {
    rate: plan.ratePerSecond,
    customers: plan.customerLast - plan.customerFirst + 1,
    skew: plan.skew,
    recipients: plan.recipientsPerRequest,
    express: plan.expressShare,
    connections: plan.connections,
    seed: plan.seed,
  }
}

function countRecipients(
  plan: GeneratorPlan,
  result: GeneratorResult,
  outcome: LoadOutcome,
): RecipientCounts {
  const { done, failed, unfinished, timeline } = outcome
  const [from, until] = [secondsOf(plan.warmUpMs), secondsOf(plan.warmUpMs + result.durationMs)]
  const doneInTime = sumBetween(timeline.done, from, until)
  return {
    acceptedPerSecond: result.acceptedPerSecond,
    // Of a part of a second nothing can be said.
    ...(until > from && { donePerSecond: doneInTime / (until - from) }),
    accepted: result.acceptedRecipients + result.warmUp.acceptedRecipients,
    ...{ done, failed, unfinished },
  }
}

/** One for each second of the generator, and then for each until the last recipient finished. */
function toSamples(plan: GeneratorPlan, watched: WatchedLoad, { timeline }: LoadOutcome): Sample[] {
  const warmUpSeconds = secondsOf(plan.warmUpMs)
  let usageBefore = watched.usageBefore
  const samples = watched.looks.map(({ progress, usage }): Sample => {
    const { elapsedMs, dueRequests, sentRequests, answeredRequests, acceptedRecipients, http } = progress
    const second = secondOf(progress)
    const cpuCores = coresBetween(usageBefore, usage)
    usageBefore = usage
    return {
      elapsedMs,
      phase: second < 0 ? 'warm-up' : second < secondsOf(plan.durationMs) ? 'measured' : 'drain',
      ...{ dueRequests, sentRequests, answeredRequests, acceptedRecipients },
      ...endedAt(timeline, second + warmUpSeconds),
      ...(http.count > 0 && { httpP50Ms: http.p50Ms, httpP99Ms: http.p99Ms }),
      ...{ rssBytes: usage.rssBytes, cpuCores },
    }
  })
  const lastSecond = secondOf(watched.looks.at(-1)?.progress)
  const lastEnded = Math.max(-Infinity, ...timeline.ended.keys()) - warmUpSeconds
  const nothing = { dueRequests: 0, sentRequests: 0, answeredRequests: 0, acceptedRecipients: 0 }
  if (samples.length > 0)
    for (let second = lastSecond + 1; second <= lastEnded; second++)
      samples.push({
        elapsedMs: (second + 1) * 1_000,
        phase: 'drain',
        ...nothing,
        ...endedAt(timeline, second + warmUpSeconds),
        ...{ rssBytes: {}, cpuCores: {} },
      })
  return samples
}

function endedAt({ accepted, ended, done }: LoadOutcome['timeline'], second: number) {
  return {
    doneRecipients: done.get(second) ?? 0,
    backlogRecipients: sumBetween(accepted, -Infinity, second + 1) - sumBetween(ended, -Infinity, second + 1),
  }
}

/** What a message cost in the measured time; undefined where no process but the generator is known. */
function costOf(plan: GeneratorPlan, { looks, usageBefore }: WatchedLoad, { timeline }: LoadOutcome) {
  const before = looks.findLast(({ progress }) => secondOf(progress) === -1)?.usage ?? usageBefore
  const after = looks.findLast(({ progress }) => secondOf(progress) < secondsOf(plan.durationMs))?.usage
  if (!after || Object.keys(usageBefore.rssBytes).length === 0) return undefined
  const warmUpSeconds = secondsOf(plan.warmUpMs)
  const ended = sumBetween(timeline.ended, warmUpSeconds, warmUpSeconds + secondsOf(plan.durationMs))
  return costsBetween(before, after, ended)
}

function notesOf(
  { warmUpMs }: GeneratorPlan,
  { unsentRequests }: GeneratorResult,
  { unanswered, missing, unfinished }: LoadOutcome,
): string[] {
  return [
    ...(unsentRequests > 0
      ? [`The rate did not hold: ${unsentRequests} requests could not be sent, and are in no percentile.`]
      : []),
    ...(warmUpMs > 0 ? ['The counts of recipients include the warm-up, the rates do not.'] : []),
    ...(unanswered > 0 ? [`${unanswered} recipients were accepted and the answer lost on its way.`] : []),
    ...(missing > 0 ? [`${missing} accepted recipients are nowhere to be found.`] : []),
    ...(unfinished > 0 ? [`${unfinished} recipients were unfinished when the waiting was over.`] : []),
  ]
}

function secondsOf(ms: number): number {
  return Math.round(ms / 1_000)
}

/** From the first second, without the last one named. */
function sumBetween(counts: ReadonlyMap<number, number>, from: number, until: number): number {
  let sum = 0
  for (const [second, count] of counts) if (second >= from && second < until) sum += count
  return sum
}
