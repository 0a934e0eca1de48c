// The command `make loadtest RATE= DURATION=`: offers load, prints rates and percentiles, waits until all that was
// accepted has ended, and audits. Exits with 1 when something accepted did not end as it should.
import { runAudit } from '../dev/stack/runAudit.ts'
import { openApi } from './api.ts'
import type { Api } from './api.ts'
import { markSenders, readEndings, waitUntilEnded } from './endings.ts'
import type { Endings, Sender } from './endings.ts'
import { offer } from './offer.ts'
import type { OfferProgress } from './offer.ts'
import { describeMs, percentiles } from './percentiles.ts'
import { planLoad } from './plan.ts'
import type { Plan } from './plan.ts'
import { apiPurse, fillUp, ledgerPurse } from './purse.ts'
import { readLoadSettings } from './settings.ts'
import type { LoadSettings } from './settings.ts'
import { reportEvery } from './reportEvery.ts'
import { findTarget } from './target.ts'
import type { Target } from './target.ts'

/** What is late when the time is over may still be sent for so long. */
const OVERTIME_MS = 10_000

try {
  const settings = readLoadSettings(process.env)
  const plan = planLoad(settings)
  const target = await findTarget(settings)
  const api = openApi(target.baseUrl, settings.CONNECTIONS)
  try {
    process.exitCode = (await run(settings, plan, target, api)) ? 0 : 1
  } finally {
    await api.close()
  }
} catch (error) {
  // A refused connection may come as an AggregateError whose own message is empty.
  const { message, code } = error as { message: string; code?: string }
  console.error(`loadtest: ${message || (code ?? 'failed')}`)
  process.exitCode = 2
}

/** @returns whether everything that was accepted ended as it should. */
async function run(settings: LoadSettings, plan: Plan, target: Target, api: Api): Promise<boolean> {
  console.log(`target      ${target.baseUrl}`)
  await seed(settings, plan, target, api)
  if (settings.SEED_ONLY === '1') return true

  const senders = await markSenders(api, plan.customers)
  const accepted = await load(settings, plan, api)
  if (accepted.size === 0) {
    console.error('loadtest: nothing was accepted')
    return false
  }
  const ended = await followUp(settings, api, senders, accepted)
  const clean = await auditTarget(target)
  return ended && clean
}

async function seed(settings: LoadSettings, plan: Plan, target: Target, api: Api): Promise<void> {
  const viaLedger = settings.SEED_METHOD === 'sql'
  const purse = viaLedger ? ledgerPurse(databaseOf(target)) : apiPurse(api)
  const { customers, balance } = plan
  const report = reportEvery((done) => console.log(`  ${done} of ${customers.length} customers looked at`))
  try {
    const filled = await fillUp(purse, customers, balance, report.done)
    const [first, last] = [customers[0] ?? 0, customers.at(-1) ?? 0]
    const way = viaLedger ? 'through the ledger' : 'through the API'
    console.log(`customers   ${first} to ${last} have ${balance} each; ${filled} were topped up ${way}`)
  } finally {
    report.stop()
    await purse.close()
  }
}

function databaseOf({ databaseUrl }: Target): string {
  if (databaseUrl === undefined) throw new Error('SEED_METHOD=sql needs DATABASE_URL')
  return databaseUrl
}

/** @returns the accepted requests with their numbers of recipients. */
async function load(settings: LoadSettings, plan: Plan, api: Api): Promise<Map<string, number>> {
  const { RATE, DURATION, RECIPIENTS, EXPRESS, CONNECTIONS } = settings
  const requests = `${plan.requests} requests of ${RECIPIENTS} ${RECIPIENTS === 1 ? 'recipient' : 'recipients'}, ${EXPRESS * 100} % express`
  console.log(`offering    ${RATE} requests/s for ${DURATION / 1_000} s: ${requests}`)
  const accepted = new Map<string, number>()
  const answers = new Map<string, number>()
  const send = async (index: number) => {
    const sent = await api.send(plan.sending(index))
    answers.set(sent.answer, (answers.get(sent.answer) ?? 0) + 1)
    if (sent.accepted) accepted.set(sent.accepted.smsIdentifier, sent.accepted.recipients)
  }
  const timetable = { ratePerSecond: RATE, requests: plan.requests, inFlightMax: CONNECTIONS }
  const offered = await offer({ ...timetable, overtimeMs: OVERTIME_MS }, send, (progress) =>
    console.log(describeProgress(progress, progress.answered - (answers.get('200') ?? 0), CONNECTIONS)),
  )

  const { elapsedMs, sent, answered, latenciesMs } = offered
  console.log(
    `offered     ${RATE} requests/s, ${plan.requests} in all; ${plan.requests - sent} could not be sent`,
  )
  console.log(
    `achieved    ${(answered / (elapsedMs / 1_000)).toFixed(1)} answers/s over ${seconds(elapsedMs)}`,
  )
  for (const [answer, count] of [...answers].sort()) console.log(`answers     ${answer}: ${count}`)
  console.log(`latency     ${describeMs(percentiles(latenciesMs))}, from the time each was due`)
  return accepted
}

function describeProgress(progress: OfferProgress, errors: number, connections: number): string {
  const { elapsedMs, due, sent, answered } = progress
  const inFlight = sent - answered
  // Below the limit nothing waits longer than for a tick of the timer.
  const late = inFlight === connections ? `, late ${due - sent}` : ''
  return `  ${seconds(elapsedMs)}  offered ${due}, answered ${answered}, errors ${errors}, in flight ${inFlight}${late}`
}

/** @returns whether everything accepted has ended, each recipient once. */
async function followUp(
  settings: LoadSettings,
  api: Api,
  senders: Sender[],
  accepted: Map<string, number>,
): Promise<boolean> {
  const endedInTime = await waitUntilEnded(api, senders, settings.DRAIN_TIMEOUT, (unfinished, elapsedMs) =>
    console.log(`  ${seconds(elapsedMs)}  ${unfinished} customers may have open messages`),
  )
  const endings = await readEndings(api, senders, accepted)
  printEndings(endings)
  for (const line of endings.wrong) console.error(`loadtest: ${line}`)
  if (!endedInTime || endings.open > 0)
    console.error(
      `loadtest: ${endings.open} recipients have no ending after ${seconds(settings.DRAIN_TIMEOUT)}`,
    )
  return endedInTime && endings.open === 0 && endings.wrongCount === 0
}

function printEndings(endings: Endings): void {
  const { done, failed, open, unanswered, firstAcceptedMs, lastEndedMs, handOverMs } = endings
  console.log(`ended       ${done} done, ${failed} failed and refunded, ${open} open`)
  if (unanswered > 0) console.log(`            ${unanswered} of them had an answer that did not reach us`)
  const tookMs = lastEndedMs - firstAcceptedMs
  if (tookMs > 0) {
    const rate = ((done + failed) / (tookMs / 1_000)).toFixed(1)
    console.log(
      `end to end  ${rate} recipients/s from the first acceptance to the last ending, ${seconds(tookMs)}`,
    )
  }
  for (const [type, values] of Object.entries(handOverMs)) {
    if (values.length > 0)
      console.log(`hand-over   ${type}: ${describeMs(percentiles(values))}, from acceptance to ending`)
  }
}

async function auditTarget({ databaseUrl }: Target): Promise<boolean> {
  if (databaseUrl === undefined) {
    console.log('audit       left out: set DATABASE_URL to have the books checked, too')
    return true
  }
  return runAudit(databaseUrl, (line) => console.log(line))
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
