import type { SimulatorAdmin } from '../../simulator/client.ts'
import { waitUntil } from '../processes/waitUntil.ts'
import { runAudit } from '../stack/runAudit.ts'
import type { DemoApi, Message } from './api.ts'
import { expect } from './expect.ts'
import type { Page } from './page.ts'
import { printLedger } from './printLedger.ts'
import { SMPP_PREFIX } from './operatorsFile.ts'
import { sendOverSmpp } from './sendOverSmpp.ts'
import type { SmppStage } from './sendOverSmpp.ts'
import { showHold } from './showHold.ts'
import type { HoldStage } from './showHold.ts'
import { showTimeline } from './showTimeline.ts'
import { sendAndWatch } from './watch.ts'
import type { StatusHistory, Watched } from './watch.ts'

/** Everything the story is told with: the running system, and nothing made up. */
export interface Stage {
  api: DemoApi
  databaseUrl: string
  /** Unknown before the demonstration. */
  customerId: number
  operators: { a: SimulatorAdmin; b: SimulatorAdmin }
  smpp: SmppStage
}

const TOP_UP = 100
/** Long enough for `sending` to be seen, short enough to watch. */
const LATENCY_MS = 400
/** +999 is not assigned to a country. */
const REJECTED_NUMBER = '+99900000000'
/** More failed calls than a circuit breaker needs to open. */
const FAILOVERS_MAX = 12
const BREAKER_TIMEOUT_MS = 10_000
/** On an idle system `pending` lasts some milliseconds. Missed, it is looked for once more, and not made up. */
const WATCHES_MAX = 5
const A = 'operator-a'
const B = 'operator-b'

/** Tells the whole story. @throws Error at the first thing that is not as it should be. */
export async function tellStory(stage: Stage, page: Page): Promise<void> {
  const { a, b } = stage.operators
  for (const operator of [a, b]) await operator.behave({ latency: { kind: 'fixed', ms: LATENCY_MS } })
  await topUp(stage, page)
  await sendEachClass(stage, page)
  await failOver(stage, page)
  await tellWhereItIs(stage, page)
  await comeBack(stage, page)
  const failed = await reject(stage, page)
  await sendOverSmpp(stage.smpp, page)
  await showHold(holdStageOf(stage), page)
  page.step('The balance, and the ledger that explains it')
  await printLedger(stage.api, stage.customerId, { toppedUp: TOP_UP, failed }, page)
  page.step('The audit of the whole database')
  expect(await runAudit(stage.databaseUrl, (line) => page.say(line)), 'the audit found something')
}

function holdStageOf({ api, smpp: { engineUrl, adminKey, c } }: Stage): HoldStage {
  const numbers = { taken: `+${SMPP_PREFIX}0000002`, rejected: REJECTED_NUMBER }
  return { api, engineUrl, adminKey, c, numbers }
}

async function topUp({ api, customerId }: Stage, page: Page): Promise<void> {
  page.step('A top-up')
  const { body, request, answer } = await api.topUp(customerId, TOP_UP)
  page.exchange(request, answer)
  expect(body.balance === TOP_UP, 'the balance is not what was added')
}

async function sendEachClass(stage: Stage, page: Page): Promise<void> {
  const message = { customer_id: stage.customerId, text: 'hi', recipients: ['09128582812', '091285284834'] }
  page.step('A normal message to two recipients')
  await sendAndSee(stage, page, { ...message, type: 'normal' })
  page.step('An express message')
  await sendAndSee(stage, page, { ...message, recipients: ['09128582812'], type: 'express' })
}

/** Sends until all three states were seen. If a state was too short to be seen, a line says so. */
async function sendAndSee(stage: Stage, page: Page, message: Message): Promise<void> {
  for (let watches = 1; ; watches += 1) {
    const { exchange, histories } = await sendAndWatch(stage.api, message)
    page.exchange(exchange.request, exchange.answer)
    for (const history of histories) page.say(describeHistory(history))
    expect(histories.length === message.recipients.length, 'a recipient is missing in the history')
    expect(histories.every(endedWell), 'a recipient did not end as done')
    if (histories.every(({ states }) => states.length === 3)) return
    expect(watches < WATCHES_MAX, 'not every state was seen')
    page.say('one of the states was too short to be seen; once more')
  }
}

async function failOver(stage: Stage, page: Page): Promise<void> {
  const { api, operators } = stage
  page.step('Operator A is taken down; messages go through B')
  await operators.a.change({ outage: 'http503' })
  page.say(`${A} now answers 503 to every call`)
  for (let sent = 1; ; sent += 1) {
    expect(sent <= FAILOVERS_MAX, `${A} was never left out`)
    const before = await api.metrics()
    const history = await sendOne(stage, sent)
    const after = await api.metrics()
    const calls = after.callsOf(A) - before.callsOf(A)
    const asked = calls === 0 ? 'was not asked' : `was asked ${calls === 1 ? 'once' : `${calls} times`}`
    const breaker = after.breakerOf(A)
    page.say(`${describeHistory(history)}; ${A} ${asked}, its breaker is ${breaker}`)
    expect(history.provider === B && endedWell(history), `the message did not go through ${B}`)
    if (before.breakerOf(A) === 'open' && breaker === 'open' && calls === 0) break
  }
  const { calls } = await operators.a.summary()
  page.say(`${A} says: ${calls['outage'] ?? 0} calls refused during the outage`)
}

async function tellWhereItIs(stage: Stage, page: Page): Promise<void> {
  page.step('Where is my message: the first one that failed over')
  const lines = await showTimeline(stage, numberOf(1), page)
  expect(
    [A, B].every((operator) => lines.some((line) => line.includes(operator))),
    'an operator is missing',
  )
}

async function comeBack(stage: Stage, page: Page): Promise<void> {
  const { api, operators } = stage
  page.step('Operator A comes back; one message probes it and closes its breaker')
  await operators.a.change({ outage: 'none' })
  const halfOpen = async () => (await api.metrics()).breakerOf(A) === 'half-open'
  await waitUntil(halfOpen, { what: `the breaker of ${A} to be half-open`, timeoutMs: BREAKER_TIMEOUT_MS })
  page.say(`the breaker of ${A} is half-open`)
  const history = await sendOne(stage, 0)
  const breaker = (await api.metrics()).breakerOf(A)
  page.say(`${describeHistory(history)}; the breaker of ${A} is ${breaker}`)
  expect(history.provider === A && endedWell(history), `the message did not go through ${A}`)
  expect(breaker === 'closed', 'the breaker did not close')
}

/** @returns how many recipients failed. */
async function reject(stage: Stage, page: Page): Promise<number> {
  const { api, operators, customerId } = stage
  page.step('A message that the operator rejects fails, and is refunded')
  for (const operator of [operators.a, operators.b])
    await operator.change({ rejectedNumbers: [REJECTED_NUMBER] })
  const before = await api.balance(customerId)
  const message = {
    customer_id: customerId,
    text: 'hi',
    recipients: [REJECTED_NUMBER],
    type: 'normal' as const,
  }
  const { exchange, histories } = await sendAndWatch(api, message)
  page.exchange(exchange.request, exchange.answer)
  const [history] = histories
  expect(history !== undefined && lastStatus(history) === 'failed', 'the message did not fail')
  page.say(describeHistory(history))
  const after = await api.balance(customerId)
  page.say(`the balance was ${before.balance} before and is ${after.balance} now`)
  expect(after.balance === before.balance, 'the message was not refunded')
  return histories.length
}

async function sendOne({ api, customerId }: Stage, serial: number): Promise<StatusHistory> {
  const recipients = [numberOf(serial)]
  const { histories }: Watched = await sendAndWatch(api, {
    ...{ customer_id: customerId, text: 'hi', recipients, type: 'normal' },
  })
  const [history] = histories
  expect(history !== undefined, 'the recipient is missing in the history')
  return history
}

function numberOf(serial: number): string {
  return `+9991000${String(serial).padStart(4, '0')}`
}

function describeHistory({ recipient, provider, states }: StatusHistory): string {
  const steps = states.map(({ status, afterMs }) => `${status} (${Math.round(afterMs)} ms)`)
  return `${recipient.padEnd(12)}  ${steps.join(' -> ')}${provider === '' ? '' : ` by ${provider}`}`
}

function lastStatus({ states }: StatusHistory): string | undefined {
  return states.at(-1)?.status
}

function endedWell(history: StatusHistory): boolean {
  return lastStatus(history) === 'done'
}
