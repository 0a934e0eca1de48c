import type { Bench } from './bench.ts'
import { mysqlAlone } from './baselines/mysqlAlone.ts'
import { oneByOne } from './baselines/oneByOne.ts'
import type { Form } from './form.ts'
import type { BenchOptions, Scenario } from './options.ts'
import type { Step } from './progress.ts'
import { auditLive } from './scenarios/auditLive.ts'
import { deadlines } from './scenarios/deadlines.ts'
import { deadEndpoint } from './scenarios/deadEndpoint.ts'
import { estimates } from './scenarios/estimates.ts'
import { fairShare } from './scenarios/fairShare.ts'
import { flood } from './scenarios/flood.ts'
import { followed } from './scenarios/followed.ts'
import { limit } from './scenarios/limit.ts'
import { oldReadView } from './scenarios/oldReadView.ts'
import { receipts } from './scenarios/receipts.ts'
import { weights } from './scenarios/weights.ts'
import { throttled } from './scenarios/throttled.ts'
import { WATCHES, tracing } from './scenarios/tracing.ts'
import { claimTime } from './scenarios/claimTime.ts'
import { expressBehindBacklog } from './scenarios/expressBehindBacklog.ts'
import { history } from './scenarios/history.ts'
import { hundredRecipients, hundredRecipientsOneMessageACall } from './scenarios/hundredRecipients.ts'
import { idle } from './scenarios/idle.ts'
import { keyed } from './scenarios/keyed.ts'
import { oneCustomer } from './scenarios/oneCustomer.ts'
import { reports } from './scenarios/reports.ts'
import { oneRecipient, oneRecipientOneMessageACall } from './scenarios/oneRecipient.ts'

export interface PlannedStep extends Step {
  name: Scenario
  perform: (bench: Bench) => Promise<void>
}

/** Of each scenario: start and stop of the processes, fresh tables, the audit. */
const AROUND_SECONDS = 6

/** The audit beside a load shows nothing with few messages, nor tracing in few turns, nor reports of few days. */
const TELLS_NOTHING_SHORT: readonly Scenario[] = ['audit-live', 'tracing', 'reports']
/** For these in the whole form, which has to end in time: `--only` names them. */
const NO_TIME_LEFT: readonly Scenario[] = [
  ...(['weights', 'receipts', 'followed', 'dead-endpoint', 'deadlines'] as const),
  ...(['tracing', 'estimates', 'reports'] as const),
]

/**
 * The scenarios in their order: later ones start their search at the rates of earlier ones. Compared scenarios are
 * adjacent, because the speed of a shared machine changes by a third within minutes.
 */
export function planSteps(form: Form, { only, rate }: BenchOptions): PlannedStep[] {
  const searched = rate === undefined ? form.search.probesMax * secondsOf(form.probe) : 0
  const load = (time: Form['run'], isSearched = true) =>
    AROUND_SECONDS + (isSearched ? searched : 0) + secondsOf(time)
  const single =
    load(form.singleRun, false) +
    (rate === undefined && !form.isShort ? form.singleProbesMax * secondsOf(form.probe) : 0)
  const follows = !form.isShort
  const {
    idle: quiet,
    history: { messages },
    sweep,
    waitingMessages,
    waitingRows,
    auditLive: live,
  } = form
  const steps: PlannedStep[] = [
    { name: 's1', perform: oneRecipient, seconds: load(form.run) },
    { name: 's3', perform: oneCustomer, seconds: load(form.run, follows) },
    { name: 's1-single', perform: oneRecipientOneMessageACall, seconds: single },
    { name: 's2', perform: hundredRecipients, seconds: load(form.run) },
    { name: 'mysql-alone', perform: mysqlAlone, seconds: aloneSeconds(form) },
    { name: 's2-single', perform: hundredRecipientsOneMessageACall, seconds: single },
    { name: 's4', perform: expressBehindBacklog, seconds: 2 * AROUND_SECONDS + waitingMessages / 2_500 },
    {
      ...{ name: 'estimates', perform: estimates },
      seconds: 4 * AROUND_SECONDS + (2 * waitingMessages) / 2_500,
    },
    { name: 'keys', perform: keyed, seconds: keyedSeconds(form, only ? searched : 0) },
    { name: 'limit', perform: limit, seconds: AROUND_SECONDS + form.limit.durationMs / 1_000 },
    { name: 'receipts', perform: receipts, seconds: AROUND_SECONDS + form.receipts.messages / 5_000 },
    { name: 'followed', perform: followed, seconds: keyedSeconds(form, only ? searched : 0) / 3 },
    { name: 'tracing', perform: tracing, seconds: tracingSeconds(form, only ? searched : 0) },
    { name: 'reports', perform: reports, seconds: reportsSeconds(form, only ? searched : 0) },
    ...isolationSteps(form),
    { name: 's5', perform: claimTime, seconds: AROUND_SECONDS + form.claims / 20 + waitingRows / 25_000 },
    {
      ...{ name: 's6', perform: idle },
      seconds: 2 * (AROUND_SECONDS + 4 + (quiet.trafficMs + quiet.quietMs) / 1_000),
    },
    { name: 's8', perform: history, seconds: AROUND_SECONDS + messages / 25_000 },
    {
      ...{ name: 'audit-live', perform: auditLive },
      seconds: AROUND_SECONDS + (2 * live.messages) / 25_000 + 2 * secondsOf(live.time),
    },
    {
      ...{ name: 'one-by-one', perform: oneByOne },
      seconds:
        sweep.length * (AROUND_SECONDS + form.sweepProbesMax * secondsOf(form.probe)) +
        (follows ? load(form.singleRun, false) : 0),
    },
  ]
  const leftOut: readonly Scenario[] = form.isShort ? TELLS_NOTHING_SHORT : NO_TIME_LEFT
  const planned = (name: Scenario) => only?.includes(name) ?? !leftOut.includes(name)
  return steps.filter(({ name }) => planned(name))
}

/** How much one load disturbs another. */
function isolationSteps(form: Form): PlannedStep[] {
  return [
    {
      ...{ name: 'dead-endpoint', perform: deadEndpoint },
      seconds: 2 * AROUND_SECONDS + (2 * form.deadEndpoint.turns * form.deadEndpoint.durationMs) / 1_000,
    },
    {
      ...{ name: 'throttled', perform: throttled },
      seconds: 3 * AROUND_SECONDS + form.throttled.durationMs / 1_000,
    },
    {
      ...{ name: 'deadlines', perform: deadlines },
      seconds:
        2 * (3 * AROUND_SECONDS + form.deadlines.durationMs / 1_000 + (2 * form.waitingMessages) / 2_500),
    },
    {
      ...{ name: 'flood', perform: flood },
      seconds: 4 * AROUND_SECONDS + (3 * form.flood.durationMs) / 1_000,
    },
    {
      ...{ name: 'fair-share', perform: fairShare },
      seconds:
        4 * AROUND_SECONDS + form.fairShare.durationMs / 1_000 + (3 * form.fairShare.messages) / 15_000,
    },
    {
      ...{ name: 'weights', perform: weights },
      seconds:
        2 * (2 * AROUND_SECONDS + (3 * form.weights.messages) / 12_000 + form.weights.durationMs / 1_000),
    },
    {
      ...{ name: 'old-read-view', perform: oldReadView },
      seconds: AROUND_SECONDS + form.oldReadView.messages / 10_000 + 2 * secondsOf(form.oldReadView.time),
    },
  ]
}

function secondsOf({ warmUpMs, durationMs }: Form['run']): number {
  return (warmUpMs + durationMs) / 1_000
}

/** S1, S2 and S3: the looks in turn, and the search of both where those were not measured before. */
function keyedSeconds({ keyed: { turns, time } }: Form, searched: number): number {
  const look = (time.warmUpMs + time.durationMs) / 1_000
  return 3 * (AROUND_SECONDS + 2 * searched + (2 * turns + 1) * look)
}

/** Processes of two engines, customers that are topped up over HTTP, the search of both, the looks in turn. */
function tracingSeconds({ tracing: { turns, time } }: Form, searched: number): number {
  return WATCHES.length * (4 * AROUND_SECONDS + 2 * searched + (2 * turns + 1) * secondsOf(time))
}

/** Some 20,000 rows of rollups a second, the reports alone, the search, and the looks in turn. */
function reportsSeconds({ reports: { days, others, looks, turns, time } }: Form, searched: number): number {
  const filled = (days * (others + 2)) / 5
  return AROUND_SECONDS + filled + looks + 2 * searched + (2 * turns + 1) * secondsOf(time)
}

/** Its sweep and its best setting for both sizes of request, and S2 in turn with it. */
function aloneSeconds({ alone, run }: Form): number {
  const points = alone.batchSizes.length * alone.workers.length
  return (
    AROUND_SECONDS +
    (2 * points * (alone.durationMs + 1_600)) / 1_000 +
    (2 * alone.finalists * (alone.bestDurationMs + 1_600)) / 1_000 +
    (alone.turns && (2 * alone.turns + 1) * (AROUND_SECONDS + alone.turnMs / 1_000)) +
    (alone.turns * run.warmUpMs) / 1_000
  )
}
