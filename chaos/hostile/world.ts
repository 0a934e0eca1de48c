import { createCustomer, createKey } from '../../src/accounts/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { SCOPES } from '../../src/primitives/access.ts'
import { identifierMaker } from '../../src/primitives/identifier.ts'
import type { Book } from './book.ts'
import type { World } from './draw.ts'
import { readOperations } from './operations.ts'

const RICH = 200
const POOR = 20
const FIRST_CUSTOMER = 5_001
/** Sent before the attack, so that some requests find a message. */
const MESSAGES = 20
const RICH_BALANCE = 1_000_000
/** Enough for one express recipient. Further requests are refused with 402. */
const POOR_BALANCE = 5
/** The engine's documented prices. */
const PRICES = { normal: 1, express: 3 }

/** Reads the engine's OpenAPI document, tops up the customers, and gives one a key and messages. */
export async function makeWorld(url: string, databaseUrl: string, book: Book): Promise<World> {
  const document: unknown = await (await fetch(`${url}/openapi.json`)).json()
  const customers = Array.from({ length: RICH + POOR }, (_, index) => FIRST_CUSTOMER + index)
  for (const [index, customerId] of customers.entries()) {
    await give(url, customerId, index < RICH ? RICH_BALANCE : POOR_BALANCE, book)
  }
  const apiKey = await createKeyOf(databaseUrl, FIRST_CUSTOMER)
  const messages: string[] = []
  for (let i = 0; i < MESSAGES; i++) messages.push(await send(url, FIRST_CUSTOMER, book))
  const operations = readOperations(document)
  return { operations, prices: PRICES, customers, apiKey, messages, host: new URL(url).host }
}

/** A key with every scope, as `npm run admin` creates it. */
async function createKeyOf(databaseUrl: string, userId: number): Promise<string> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 1, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
  try {
    const context = { db, newId: identifierMaker(() => Date.now()) }
    const limits = { partsPerMinute: null, partsBurst: null, requestsPerSecond: null }
    const customer = { name: 'hostile', tier: 'premium' as const, userId, ...limits }
    await createCustomer(context, customer, 'make hostile')
    const request = {
      name: 'hostile',
      mode: 'live' as const,
      scopes: SCOPES,
      expiresAt: null,
      allowedSources: null,
    }
    const decision = await createKey(context, userId, request, 'make hostile')
    if (decision.kind !== 'created') throw new Error(`creating a key came to ${decision.kind}`)
    return decision.text
  } finally {
    await closeDb(db)
  }
}

/** @returns the identifier of a message, which requests may cancel until it is sent. */
async function send(url: string, customerId: number, book: Book): Promise<string> {
  const [text, type] = ['hi', 'normal'] as const
  const { status, body } = await post(`${url}/sms/send`, {
    ...{ customer_id: customerId, text, type, recipients: ['09121234567'] },
  })
  if (status !== 200) throw new Error(`POST /sms/send answered ${status}: ${body}`)
  const effect = { kind: 'charge' as const, customerId, amount: -PRICES[type], words: text }
  const fault = book.confirm(effect, { status, headers: new Map(), body, closes: false })
  if (fault !== undefined) throw new Error(fault)
  return (JSON.parse(body) as { sms_identifier: string }).sms_identifier
}

async function give(url: string, customerId: number, amount: number, book: Book): Promise<void> {
  const words = 'what it begins with'
  const { status, body } = await post(`${url}/balance/add`, {
    ...{ user_id: customerId, balance: amount, description: words },
  })
  if (status !== 200) throw new Error(`POST /balance/add answered ${status}: ${body}`)
  const answer = { status, headers: new Map<string, string>(), body, closes: false }
  const fault = book.confirm({ kind: 'topup', customerId, amount, words }, answer)
  if (fault !== undefined) throw new Error(fault)
}

async function post(address: string, body: object): Promise<{ status: number; body: string }> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.text() }
}

/** @returns each customer's balance from the API. */
export async function askBalances(url: string, customers: readonly number[]): Promise<Map<number, number>> {
  const balances = new Map<number, number>()
  for (const customerId of customers) {
    const response = await fetch(`${url}/balance?user_id=${customerId}&limit=1`)
    const { balance } = (await response.json()) as { balance: number }
    balances.set(customerId, balance)
  }
  return balances
}
