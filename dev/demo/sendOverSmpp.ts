import type { SimulatorAdmin } from '../../simulator/client.ts'
import { run } from '../processes/run.ts'
import { waitUntil } from '../processes/waitUntil.ts'
import { CHECKOUT } from '../stack/folders.ts'
import { openAccount } from './account.ts'
import type { Account, DemoEvent } from './account.ts'
import { expect } from './expect.ts'
import { SMPP_PREFIX } from './operatorsFile.ts'
import type { Page } from './page.ts'
import { PARTS, showParts } from './showParts.ts'
import { startWebhookEndpoint } from './webhookEndpoint.ts'
import type { WebhookEndpoint } from './webhookEndpoint.ts'

/** What a message over SMPP is shown with. */
export interface SmppStage {
  engineUrl: string
  adminKey: string
  customerId: number
  operatorsFile: string
  /** The operator that speaks SMPP, and where. */
  c: SimulatorAdmin
  smppUrl: string
}

const C = 'operator-c'
const PRICE_PER_PART = 2
/** Longer than one part of 70 characters, and within two of 67. */
const MESSAGE = {
  to: `+${SMPP_PREFIX}0000001`,
  text: 'سلام! سفارش ۱۸۴۳ شما آماده است و فردا بین ساعت ۹ تا ۱۲ به نشانی شما می‌رسد. لطفاً کد ۴۲۴۲ را به پیک بگویید.',
}
const EVENT_TYPES = ['message.sent', 'message.delivered']
const TIMEOUT_MS = 30_000

/** Sends a message of two parts, and shows it as the operator, the customer and its webhook endpoint see it. */
export async function sendOverSmpp(stage: SmppStage, page: Page): Promise<void> {
  page.step('A long Persian message over SMPP, with receipts and signed webhooks')
  await showBind(stage, page)
  const { engineUrl, adminKey, customerId: userId } = stage
  const account = await openAccount(engineUrl, { adminKey, userId, pricePerPart: PRICE_PER_PART })
  const endpoint = await startWebhookEndpoint()
  try {
    const endpointId = await register(account, endpoint, page)
    await showQuote(account, page)
    const { body, request, answer } = await account.send(MESSAGE)
    page.exchange(request, answer)
    await showParts(stage.c, MESSAGE.text, page)
    const events = await showState(account, body.message_id, page)
    await showWebhooks(endpoint, events, page)
    await account.deleteEndpoint(endpointId)
  } finally {
    await endpoint.close()
  }
}

async function showBind({ c, smppUrl, operatorsFile }: SmppStage, page: Page): Promise<void> {
  const sessions = await waitUntil(
    async () => {
      const open = (await c.summary()).smpp?.sessions.filter(({ isOpen }) => isOpen) ?? []
      return open.length > 0 && open
    },
    { what: `the engine to bind to ${C}`, timeoutMs: TIMEOUT_MS },
  )
  const binds = sessions.map(({ kind }) => `one ${kind} bind`).join(', ')
  page.say(`${C} speaks SMPP 3.4 at ${smppUrl} and counts ${binds} of the engine`)
  const program = ['--require', './src/runtime.cjs', 'src/explainRoute.ts', MESSAGE.to, 'normal']
  const env = { PATH: process.env['PATH'] ?? '', OPERATORS_FILE: operatorsFile }
  const route = await run(process.execPath, program, { env, timeoutMs: TIMEOUT_MS, cwd: CHECKOUT })
  page.exchange(`npm run route -- ${MESSAGE.to} normal`, route.trim())
}

async function register(account: Account, endpoint: WebhookEndpoint, page: Page): Promise<string> {
  const { body, request, answer } = await account.createEndpoint(endpoint.url)
  endpoint.trust(body.secret)
  page.exchange(request, answer.replace(body.secret, 'whsec_...'))
  page.say('the customer has a webhook endpoint there; the secret, shown once, verifies what comes')
  return body.id
}

async function showQuote(account: Account, page: Page): Promise<void> {
  // A new tariff is in effect within a second.
  const quote = await waitUntil(
    async () => {
      const asked = await account.quote(MESSAGE)
      return asked.cost === PARTS * PRICE_PER_PART && asked
    },
    { what: 'the quote to have the price of the new tariff', timeoutMs: TIMEOUT_MS },
  )
  const { parts, encoding, cost, segments } = quote
  const lengths = segments.map(({ length }) => length).join(' and ')
  page.say(
    `the quote: ${parts} parts of ${lengths} characters (${encoding}), ${PRICE_PER_PART} each, ${cost} in all`,
  )
  expect(parts === PARTS, `the message has not ${PARTS} parts`)
}

/** @returns the message's events. */
async function showState(account: Account, messageId: string, page: Page): Promise<DemoEvent[]> {
  const state = await waitUntil(
    async () => {
      const read = await account.read(messageId)
      return read.status === 'DELIVERED' && read
    },
    { what: 'the message to be DELIVERED', timeoutMs: TIMEOUT_MS },
  )
  const { status, provider, parts, cost_cents, attempts } = state
  page.exchange(
    `GET /v1/messages/${messageId}`,
    `200 ${JSON.stringify({ status, provider, parts, cost_cents, attempts })}, among others`,
  )
  // They are numbered soon after they happened.
  const events = await waitUntil(
    async () => {
      const feed = await account.events()
      return feed.length >= EVENT_TYPES.length && feed
    },
    { what: 'the feed to have every event', timeoutMs: TIMEOUT_MS },
  )
  const steps = events.map(
    ({ type, timestamp }) => `${type.replace('message.', '')} (${after(timestamp)} ms)`,
  )
  page.say(`accepted -> ${steps.join(' -> ')}`)
  expect(provider === C, `the message did not go through ${C}`)
  expect(cost_cents === PARTS * PRICE_PER_PART, 'the message did not cost what the quote says')
  return events

  function after(timestamp: string): number {
    return Date.parse(timestamp) - Date.parse(state.created_at)
  }
}

async function showWebhooks(endpoint: WebhookEndpoint, events: DemoEvent[], page: Page): Promise<void> {
  await waitUntil(() => endpoint.events.length >= events.length, {
    ...{ what: 'the webhook endpoint to have every event', timeoutMs: TIMEOUT_MS },
  })
  const received = endpoint.events.toSorted((one, other) => one.sequence - other.sequence)
  page.say(`the endpoint verified ${received.length} webhooks with the npm package standardwebhooks:`)
  for (const { sequence, type, timestamp, id } of received)
    page.say(`  number ${sequence}: ${type}, ${timestamp}, ${id}`)
  expect(endpoint.refused() === 0, 'a signature was wrong')
  expect(JSON.stringify(received) === JSON.stringify(events), 'the webhooks are not the events of the feed')
  expect(
    received.map(({ type }) => type).join() === EVENT_TYPES.join(),
    'the events are others than expected',
  )
  expect(
    received.every(({ sequence }, at) => sequence === at + 1),
    'the events are not numbered from 1 on without a gap',
  )
}
