import type { Bench } from './bench.ts'
import { mysqlAlone } from './baselines/mysqlAlone.ts'
import { oneByOne } from './baselines/oneByOne.ts'
import type { Form } from './form.ts'
import type { BenchOptions, Scenario } from './options.ts'
import type { Step } from './progress.ts'
import { auditLive } from './scenarios/auditLive.ts'
import { fairShare } from './scenarios/fairShare.ts'
import { flood } from './scenarios/flood.ts'
import { oldReadView } from './scenarios/oldReadView.ts'
import { throttled } from './scenarios/throttled.ts'
import { claimTime } from './scenarios/claimTime.ts'
import { expressBehindBacklog } from './scenarios/expressBehindBacklog.ts'
import { history } from './scenarios/history.ts'
import { hundredRecipients, hundredRecipientsOneMessageACall } from './scenarios/hundredRecipients.ts'
import { idle } from './scenarios/idle.ts'
import { oneCustomer } from './scenarios/oneCustomer.ts'
import { oneRecipient, oneRecipientOneMessageACall } from './scenarios/oneRecipient.ts'

export interface PlannedStep extends Step {
  name: Scenario
  perform: (bench: Bench) => Promise<void>
}

/** Processes that start and stop, fresh tables, the audit: of each scenario. */
const AROUND_SECONDS = 6

/**
 * What is run and in which order: later scenarios begin their search at what earlier ones found. What is compared
 * follows each other: a machine that is shared is a third slower or faster some minutes later.
 */
export function planSteps(form: Form, { only, rate }: BenchOptions): PlannedStep[] {
  const seconds = ({ warmUpMs, durationMs }: Form['run']) => (warmUpMs + durationMs) / 1_000
  const searched = rate === undefined ? form.search.probesMax * seconds(form.probe) : 0
  const load = (time: Form['run'], isSearched = true) =>
    AROUND_SECONDS + (isSearched ? searched : 0) + seconds(time)
  const follows = !form.isShort
  const {
    idle: quiet,
    history: { messages },
    sweep,
    alone,
    waitingMessages,
    waitingRows,
    auditLive: live,
  } = form
  const steps: PlannedStep[] = [
    { name: 's1', perform: oneRecipient, seconds: load(form.run) },
    { name: 's3', perform: oneCustomer, seconds: load(form.run, follows) },
    { name: 's1-single', perform: oneRecipientOneMessageACall, seconds: load(form.singleRun, follows) },
    { name: 's2', perform: hundredRecipients, seconds: load(form.run) },
    {
      ...{ name: 'mysql-alone', perform: mysqlAlone },
      seconds:
        AROUND_SECONDS +
        (2 * alone.batchSizes.length * alone.workers.length * (alone.durationMs + 1_600)) / 1_000 +
        (2 * alone.finalists * (alone.bestDurationMs + 1_600)) / 1_000 +
        (alone.turns && (2 * alone.turns + 1) * (AROUND_SECONDS + alone.turnMs / 1_000)) +
        (alone.turns * form.run.warmUpMs) / 1_000,
    },
    { name: 's2-single', perform: hundredRecipientsOneMessageACall, seconds: load(form.singleRun, follows) },
    { name: 's4', perform: expressBehindBacklog, seconds: 2 * AROUND_SECONDS + waitingMessages / 2_500 },
    {
      ...{ name: 'throttled', perform: throttled },
      seconds: 3 * AROUND_SECONDS + form.throttled.durationMs / 1_000,
    },
    {
      ...{ name: 'flood', perform: flood },
      seconds: 3 * AROUND_SECONDS + (2 * form.flood.durationMs) / 1_000,
    },
    {
      ...{ name: 'fair-share', perform: fairShare },
      seconds:
        4 * AROUND_SECONDS + form.fairShare.durationMs / 1_000 + (3 * form.fairShare.messages) / 15_000,
    },
    {
      ...{ name: 'old-read-view', perform: oldReadView },
      seconds: AROUND_SECONDS + form.oldReadView.messages / 10_000 + 2 * seconds(form.oldReadView.time),
    },
    { name: 's5', perform: claimTime, seconds: AROUND_SECONDS + form.claims / 20 + waitingRows / 25_000 },
    {
      ...{ name: 's6', perform: idle },
      seconds: 2 * (AROUND_SECONDS + 4 + (quiet.trafficMs + quiet.quietMs) / 1_000),
    },
    { name: 's8', perform: history, seconds: AROUND_SECONDS + messages / 25_000 },
    {
      ...{ name: 'audit-live', perform: auditLive },
      seconds: AROUND_SECONDS + (2 * live.messages) / 25_000 + 2 * seconds(live.time),
    },
    {
      ...{ name: 'one-by-one', perform: oneByOne },
      seconds:
        sweep.length * (AROUND_SECONDS + form.sweepProbesMax * seconds(form.probe)) +
        (follows ? load(form.singleRun, false) : 0),
    },
  ]
  // The short form shows in three minutes that it works, and this takes ten million messages to show anything.
  const planned = (name: Scenario) => only?.includes(name) ?? (name !== 'audit-live' || !form.isShort)
  return steps.filter(({ name }) => planned(name))
}
