import type { Book } from './book.ts'
import type { World } from './draw.ts'
import { readOperations } from './operations.ts'

const RICH = 200
const POOR = 20
const FIRST_CUSTOMER = 5_001
const RICH_BALANCE = 1_000_000
/** Enough for one express recipient. Further requests are refused with 402. */
const POOR_BALANCE = 5
/** The engine's documented prices. */
const PRICES = { normal: 1, express: 3 }

/** Reads the engine's OpenAPI document and tops up the customers. */
export async function makeWorld(url: string, book: Book, keys: World['keys']): Promise<World> {
  const document: unknown = await (await fetch(`${url}/openapi.json`)).json()
  const customers = Array.from({ length: RICH + POOR }, (_, index) => FIRST_CUSTOMER + index)
  for (const [index, customerId] of customers.entries()) {
    await give(url, customerId, index < RICH ? RICH_BALANCE : POOR_BALANCE, book)
  }
  return { operations: readOperations(document), prices: PRICES, customers, host: new URL(url).host, keys }
}

async function give(url: string, customerId: number, amount: number, book: Book): Promise<void> {
  const words = 'what it begins with'
  const response = await fetch(`${url}/balance/add`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: customerId, balance: amount, description: words }),
  })
  const answer = {
    status: response.status,
    headers: new Map<string, string>(),
    body: await response.text(),
    closes: false,
  }
  if (!response.ok) throw new Error(`POST /balance/add answered ${response.status}: ${answer.body}`)
  const fault = book.confirm({ kind: 'topup', customerId, amount, words }, answer)
  if (fault !== undefined) throw new Error(fault)
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
