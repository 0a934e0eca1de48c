import type { RunResult } from '../../result.ts'
import type { Bench } from '../bench.ts'
import type { Form } from '../form.ts'
import { ONE_BY_ONE_NAME } from '../ratios.ts'
import type { Crew } from '../stage/crew.ts'
import { describeRun } from '../describeRun.ts'
import { auditTables } from '../measure/auditTables.ts'
import { searchRate } from '../measure/measureBest.ts'
import { runLoad } from '../measure/runLoad.ts'
import { messagesPerSecond } from '../measure/sustained.ts'
import { ONE_RECIPIENT } from '../scenarios/oneRecipient.ts'
import { withCrew } from '../stage/withCrew.ts'
import { chooseBest } from './chooseBest.ts'

/** The same commit without any batching. */
export const ONE_BY_ONE = { BATCH_SIZE_MAX: '1', OPERATOR_BATCH_MAX: '1' }

/** Low enough to be sustained on two cores. The search goes up from it until a probe fails. */
const RATE_START = 140
const NAME = ONE_BY_ONE_NAME
const TITLE = 'S1 with batch size 1 everywhere'

interface Point {
  settings: Record<string, string>
  messagesPerSecond: number
  run: RunResult | undefined
}

/** Baseline: every request a transaction, every message an envelope and a call, at the best concurrency of a sweep. */
export async function oneByOne(bench: Bench): Promise<void> {
  const { form, findings } = bench
  const sweep: Point[] = []
  for (const point of form.sweep)
    sweep.push(await tryPoint(bench, settingsOf(point), chooseBest(sweep)?.messagesPerSecond ?? RATE_START))
  const best = chooseBest(sweep)
  if (!best) return
  // The short form does not measure it for longer.
  const run = form.isShort ? best.run : await measureLong(bench, best)
  if (run) findings.runs.push(run)
  findings.baselines.push({
    name: NAME,
    title: TITLE,
    messagesPerSecond: Math.max(best.messagesPerSecond, run ? messagesPerSecond(run) : 0),
    settings: best.settings,
    sweep: sweep.map(({ settings, messagesPerSecond }) => ({ settings, messagesPerSecond })),
  })
}

function settingsOf({ lanes, connections, concurrency }: Form['sweep'][number]): Record<string, string> {
  return {
    ACCEPT_LANES: String(lanes),
    DB_MAX_OPEN_CONNS: String(connections),
    OPERATOR_CONCURRENCY: String(concurrency),
  }
}

async function tryPoint(bench: Bench, settings: Record<string, string>, start: number): Promise<Point> {
  const { form, say } = bench
  const load = { ...ONE_RECIPIENT }
  const { rate, bestProbe } = await onFreshTables(bench, settings, (crew) =>
    searchRate(bench, crew, { name: NAME, title: TITLE, load, start }, form.sweepProbesMax),
  )
  const carried = bestProbe ? messagesPerSecond(bestProbe) : 0
  const audit = await auditTables(bench.stage.servers.databaseUrl)
  say(`${describeSettings(settings)}: ${Math.max(rate, carried).toFixed(0)} messages/s`)
  return {
    settings,
    messagesPerSecond: Math.max(rate, carried),
    run: bestProbe && {
      ...bestProbe,
      settings: { ...bestProbe.settings, ...ONE_BY_ONE, ...settings },
      audit,
    },
  }
}

async function measureLong(bench: Bench, { settings, messagesPerSecond: rate }: Point): Promise<RunResult> {
  const { form, say, stage } = bench
  const run = await onFreshTables(bench, settings, (crew) =>
    runLoad(crew, {
      ...{ name: NAME, title: TITLE, settings: { ...ONE_BY_ONE, ...settings }, onProgress: say },
      load: { ...ONE_RECIPIENT, ...form.singleRun, ratePerSecond: Math.round(rate) },
    }),
  )
  for (const line of describeRun(run)) say(line)
  return { ...run, audit: await auditTables(stage.servers.databaseUrl) }
}

function onFreshTables<T>(
  { stage, stopList, options }: Bench,
  settings: Record<string, string>,
  use: (crew: Crew) => Promise<T>,
): Promise<T> {
  const env = { ...ONE_BY_ONE, ...settings, ...options.env }
  return withCrew({ stage, stopList, env, customers: ONE_RECIPIENT.customerLast }, use)
}

function describeSettings(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
