import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { countOpenRows } from '../drain.ts'
import type { Book, Comparison } from './book.ts'
import { readBalances, readLedger } from './ledger.ts'
import { askBalances } from './world.ts'

/** A message that no operator accepted may be retried for half a minute. */
const DRAIN_TIMEOUT_MS = 120_000

/** Waits until every accepted message has finished, and compares the answers with the tables and the API. */
export async function settle(
  databaseUrl: string,
  url: string,
  customers: number[],
  book: Book,
): Promise<Comparison> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
  try {
    await waitUntil(async () => (await countOpenRows(db)) === 0, {
      what: 'all accepted messages to finish',
      timeoutMs: DRAIN_TIMEOUT_MS,
      intervalMs: 250,
    })
    return await compareAll(db, url, customers, book)
  } finally {
    await closeDb(db)
  }
}

async function compareAll(db: Db, url: string, customers: number[], book: Book): Promise<Comparison> {
  const balances = await readBalances(db)
  const comparison = book.compare(await readLedger(db), balances)
  for (const [customerId, balance] of await askBalances(url, customers)) {
    const inTable = balances.get(customerId) ?? 0
    if (balance !== inTable)
      comparison.faults.push(`GET /balance of ${customerId} says ${balance}, the table ${inTable}`)
  }
  return comparison
}
