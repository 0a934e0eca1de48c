// The command `make loadtest RATE= DURATION=`: offers load to a running instance, waits until every accepted message has
// finished, audits, and writes a report. Exits with 1 if an accepted message did not finish or the audit failed, and
// with 2 if it could not run.
import { runAudit } from '../dev/stack/runAudit.ts'
import { openApi } from './api.ts'
import type { Api } from './api.ts'
import { describeOutcome, describeOffered, describePlan, describeProgress, seconds } from './describe.ts'
import { readOutcome } from './outcome.ts'
import type { LoadOutcome } from './outcome.ts'
import type { Follower } from './follow.ts'
import { followApi } from './followApi.ts'
import { followSql } from './followSql.ts'
import type { GeneratorPlan } from './generator/index.ts'
import { asksForHelp, describeSettings } from './help.ts'
import { toLoadReport } from './loadReport.ts'
import { planLoad, sendingCustomers } from './plan.ts'
import type { SendingCustomer } from './plan.ts'
import { printTable, writeReport } from './report/index.ts'
import type { BenchReport, RunResult } from './result.ts'
import { toRunResult } from './runResult.ts'
import { LOAD_SETTINGS, readLoadSettings } from './settings.ts'
import type { LoadSettings } from './settings.ts'
import { findTarget } from './target.ts'
import type { Target } from './target.ts'
import { topUpCustomers } from './topUpCustomers.ts'
import { waitUntilEnded } from './waitUntilEnded.ts'
import { watchLoad } from './watchLoad.ts'
import type { WatchedLoad } from './watchLoad.ts'

const HELP = [
  'make loadtest [NAME=VALUE ...]   offers load to a running instance and reports throughput and latency',
  '',
  'Each setting is a variable of make or of the environment, or a flag in ARGS: ARGS="--rate 50".',
  ...describeSettings(LOAD_SETTINGS),
]

const args = process.argv.slice(2)
if (asksForHelp(args)) {
  console.log(HELP.join('\n'))
  process.exit(0)
}
try {
  const settings = readLoadSettings(process.env, args)
  const target = await findTarget(settings)
  const plan = planLoad(settings, target)
  const api = openApi(target.baseUrl)
  try {
    process.exitCode = (await run(settings, plan, target, api)) ? 0 : 1
  } finally {
    await api.close()
  }
} catch (error) {
  // The error of a refused connection may be an AggregateError with an empty message.
  const { message, code } = error as { message: string; code?: string }
  console.error(`loadtest: ${message || (code ?? 'failed')}`)
  process.exitCode = 2
}

/** @returns whether every accepted message finished and the audit is clean. */
async function run(settings: LoadSettings, plan: GeneratorPlan, target: Target, api: Api): Promise<boolean> {
  const startedAt = new Date()
  console.log(`target      ${target.baseUrl}`)
  const customers = sendingCustomers(plan, settings.PRICE)
  if (settings.SEED_ONLY === '1') {
    await topUpCustomers(settings, customers, target, api)
    return true
  }
  // First, so that no customer is topped up for a load that cannot be followed.
  const follower = await follow(plan, customers, target, api)
  try {
    await topUpCustomers(settings, customers, target, api)
    const watched = await load(plan, target)
    const { acceptedRecipients, warmUp } = watched.result
    if (acceptedRecipients + warmUp.acceptedRecipients === 0) {
      console.error('loadtest: nothing was accepted')
      return false
    }
    const outcome = await readUntilEnded(settings, follower, plan, watched)
    const audit = await auditTarget(target)
    const shown = await toLoadReport(toRunResult(plan, watched, outcome, audit), target, startedAt)
    await report(shown, settings)
    return outcome.unfinished === 0 && outcome.missing === 0 && (audit?.isClean ?? true)
  } finally {
    await follower.close()
  }
}

function follow(
  plan: GeneratorPlan,
  customers: readonly SendingCustomer[],
  target: Target,
  api: Api,
): Promise<Follower> {
  if (target.databaseUrl === undefined)
    return followApi(
      api,
      customers.map(({ customerId }) => customerId),
    )
  return followSql(target.databaseUrl, { first: plan.customerFirst, last: plan.customerLast })
}

/** The first Ctrl-C ends the sending; accepted messages are still followed until they finish. */
async function load(plan: GeneratorPlan, target: Target): Promise<WatchedLoad> {
  describePlan(plan).forEach((line) => console.log(line))
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  const watched = await watchLoad(
    plan,
    target.processes,
    (progress) => console.log(describeProgress(progress)),
    interrupted.signal,
  )
  describeOffered(plan, watched.result).forEach((line) => console.log(line))
  return watched
}

async function readUntilEnded(
  settings: LoadSettings,
  follower: Follower,
  plan: GeneratorPlan,
  { result }: WatchedLoad,
): Promise<LoadOutcome> {
  await waitUntilEnded(follower, settings.DRAIN_TIMEOUT, (unfinished, elapsedMs) =>
    console.log(`  ${seconds(elapsedMs)}  ${unfinished ?? 'an unknown number'} unfinished`),
  )
  const accepted = { customerFirst: plan.customerFirst, byCustomer: result.acceptedByCustomer ?? [] }
  const outcome = await readOutcome(follower.recipients(), accepted)
  describeOutcome(outcome).forEach((line) => console.log(line))
  for (const line of outcome.wrong) console.error(`loadtest: ${line}`)
  if (outcome.unfinished > 0)
    console.error(
      `loadtest: ${outcome.unfinished} recipients are unfinished after ${seconds(settings.DRAIN_TIMEOUT)}`,
    )
  return outcome
}

async function auditTarget({ databaseUrl }: Target): Promise<RunResult['audit']> {
  if (databaseUrl === undefined) {
    console.log('audit       skipped: set DATABASE_URL to audit the tables')
    return undefined
  }
  const lines: string[] = []
  const isClean = await runAudit(databaseUrl, (line) => {
    lines.push(line)
    console.log(line)
  })
  return { isClean, lines }
}

async function report(shown: BenchReport, { REPORTS_FOLDER }: LoadSettings): Promise<void> {
  console.log('')
  printTable(shown)
  const { htmlFile, jsonFile } = await writeReport(shown, REPORTS_FOLDER)
  console.log(`\nreport      ${jsonFile}\n            ${htmlFile}`)
}
