import { mergeRecords, percentilesOf, startGenerator } from '../../generator/index.ts'
import type { GeneratorPlan, GeneratorProgress, GeneratorResult } from '../../generator/index.ts'
import type { RunResult, Sample } from '../../result.ts'
import type { Crew } from '../stage/crew.ts'
import { openDatabase } from '../stage/database.ts'
import type { Database } from '../stage/database.ts'
import { drain } from './drain.ts'
import { readCounts, readHandOver, readTimeline, sumThrough } from './figures.ts'
import type { Timeline } from './figures.ts'
import { judgeFlatness } from './flatness.ts'
import { coresBetween, costsBetween, readUsage } from './usage.ts'
import type { Usage } from './usage.ts'

/** The load. The rest of a generator's plan is the same for all loads. */
export type Load = Pick<
  GeneratorPlan,
  | 'ratePerSecond'
  | 'warmUpMs'
  | 'durationMs'
  | 'customerLast'
  | 'skew'
  | 'recipientsPerRequest'
  | 'expressShare'
  | 'apiKeyPrefix'
> & { customerFirst?: number }

export interface RunOptions {
  name: string
  title: string
  load: Load
  /** Further facts for the reader of the report. */
  settings?: Record<string, string | number>
  drainTimeoutMs?: number
  signal?: AbortSignal
  onProgress?: (line: string) => void
  /** Called when the load is over and accepted messages are still being processed. */
  onOffered?: () => Promise<void>
}

const SEED = 20_260_101
const TEXT = 'Your parcel is on its way and arrives between 10 and 12 o’clock.'
/** The requests in flight at 2,000 a second with a latency of a quarter of a second. */
const CONNECTIONS = 512
const OVERTIME_MS = 2_000
const DRAIN_TIMEOUT_MS = 60_000

/** The samples at the end of a second of the generator. */
interface Look {
  progress: GeneratorProgress
  usage: Usage
  taken: number
}

/** Offers a load to a crew, waits until every message has finished, and reads the results from the tables. */
export async function runLoad(crew: Crew, options: RunOptions): Promise<RunResult> {
  const { load, signal, onProgress = () => {} } = options
  const database = await openDatabase(crew.databaseUrl)
  try {
    const watched = await watch(crew, load, signal, (progress) => onProgress(describe(progress, load)))
    await options.onOffered?.()
    const isDrained = await drain(database, options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS, () =>
      onProgress('waiting until everything accepted has ended'),
    )
    return await conclude(database, options, watched, isDrained)
  } finally {
    await database.close()
  }
}

interface Watched {
  result: GeneratorResult
  before: Look
  after: Look
  looks: Look[]
}

async function watch(
  crew: Crew,
  load: Load,
  signal: AbortSignal | undefined,
  onProgress: (progress: GeneratorProgress) => void,
): Promise<Watched> {
  const processes = crew.processes()
  const looking: Promise<Look>[] = []
  const look = (progress: GeneratorProgress) => {
    const usage = readUsage(processes)
    const looked = crew.taken().then((taken) => ({ progress, usage, taken }))
    // Awaited when the load is over. Until then, its rejection after the operators were stopped must not end this
    // process.
    looked.catch(() => {})
    looking.push(looked)
    onProgress(progress)
  }
  const result = await startGenerator(planOf(crew, load), look, {
    onStarted: (pid) => void (processes.generator = [pid]),
    ...(signal ? { signal } : {}),
  })
  const looks = await Promise.all(looking)
  looks.sort((a, b) => a.progress.elapsedMs - b.progress.elapsedMs)
  // At its end the generator reports the remaining part of a second.
  const whole = looks.filter((look, index) => {
    const before = looks[index - 1]
    return !before || secondOf(before.progress) < secondOf(look.progress)
  })
  const before = whole.findLast(({ progress }) => progress.elapsedMs <= START_SLACK_MS)
  const after = whole.findLast(({ progress }) => progress.elapsedMs <= result.durationMs + START_SLACK_MS)
  if (!before || !after || before === after) throw new Error('the load was over before it was seen')
  return { result, before, after, looks: whole }
}

/** A second may end some milliseconds later than by the clock. */
const START_SLACK_MS = 200

export function planOf(crew: Crew, load: Load): GeneratorPlan {
  return {
    ...{ baseUrl: crew.apiUrl, customerFirst: 1, seed: SEED, text: TEXT },
    ...load,
    ...{ connections: CONNECTIONS, overtimeMs: OVERTIME_MS },
  }
}

async function conclude(
  database: Database,
  { name, title, load, settings = {} }: RunOptions,
  { result, before, after, looks }: Watched,
  isDrained: boolean,
): Promise<RunResult> {
  const window = { startEpochMs: result.startedAtEpochMs, durationMs: result.durationMs }
  const timeline = await readTimeline(database, window)
  const samples = toSamples(looks, timeline, result.durationMs)
  const counts = await readCounts(database, window)
  const seconds = (after.usage.atMs - before.usage.atMs) / 1_000
  const ended =
    sumThrough(timeline.ended, secondOf(after.progress)) -
    sumThrough(timeline.ended, secondOf(before.progress))
  const { ratePerSecond, recipientsPerRequest, expressShare, customerLast, skew } = load
  const customers = skew === 'one' ? 1 : customerLast
  return {
    name,
    title,
    settings: {
      rate: ratePerSecond,
      customers,
      recipients: recipientsPerRequest,
      express: expressShare,
      ...settings,
    },
    startedAtEpochMs: result.startedAtEpochMs,
    durationMs: result.durationMs,
    offeredPerSecond: result.dueRequests / (result.durationMs / 1_000),
    achievedPerSecond: result.achievedPerSecond,
    unsentRequests: result.unsentRequests,
    answers: result.answers,
    recipients: { ...counts, handedOverPerSecond: (after.taken - before.taken) / seconds },
    http: percentilesOf(mergeRecords([result.http])),
    handOver: await readHandOver(database, window, { customerFirst: load.customerFirst ?? 1, customerLast }),
    samples,
    cpu: costsBetween(before.usage, after.usage, ended),
    flat: judgeFlatness(samples, counts.acceptedPerSecond),
    notes: isDrained ? [] : ['not everything had ended when the waiting was over'],
  }
}

function toSamples(looks: readonly Look[], timeline: Timeline, durationMs: number): Sample[] {
  return looks.slice(1).map(({ progress, usage }, index) => {
    const { elapsedMs, http } = progress
    const second = secondOf(progress)
    const before = looks[index]?.usage ?? usage
    return {
      elapsedMs,
      phase:
        elapsedMs <= START_SLACK_MS
          ? 'warm-up'
          : elapsedMs <= durationMs + START_SLACK_MS
            ? 'measured'
            : 'drain',
      dueRequests: progress.dueRequests,
      sentRequests: progress.sentRequests,
      answeredRequests: progress.answeredRequests,
      acceptedRecipients: timeline.accepted.get(second) ?? 0,
      doneRecipients: timeline.ended.get(second) ?? 0,
      backlogRecipients: sumThrough(timeline.accepted, second) - sumThrough(timeline.ended, second),
      ...(http.count > 0 ? { httpP50Ms: http.p50Ms, httpP99Ms: http.p99Ms } : {}),
      rssBytes: usage.rssBytes,
      cpuCores: coresBetween(before, usage),
    }
  })
}

/** The second of the timeline that a look stands at the end of. */
function secondOf({ elapsedMs }: GeneratorProgress): number {
  return Math.round(elapsedMs / 1_000) - 1
}

function describe(progress: GeneratorProgress, { durationMs }: Load): string {
  const { elapsedMs, dueRequests, answeredRequests, acceptedRecipients, refusedRequests, http } = progress
  const at =
    elapsedMs <= START_SLACK_MS ? 'warm-up' : `${Math.round(elapsedMs / 1_000)}/${durationMs / 1_000} s`
  const refused = refusedRequests > 0 ? `, refused ${refusedRequests}` : ''
  return `${at}  due ${dueRequests}, answered ${answeredRequests}${refused}, accepted ${acceptedRecipients}, p99 ${http.p99Ms.toFixed(0)} ms`
}
