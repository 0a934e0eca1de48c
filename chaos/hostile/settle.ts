import { sql } from 'kysely'
import { waitUntil } from '../../dev/processes/waitUntil.ts'
import { closeDb, openDb, read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { Book, Comparison } from './book.ts'
import { readBalances, readLedger } from './ledger.ts'
import { askBalances } from './world.ts'

/** A message that no operator accepted may be retried for half a minute. */
const DRAIN_TIMEOUT_MS = 120_000

/**
 * Waits until every accepted message has finished or waits for its time, and compares the answers with the tables and the
 * API.
 */
export async function settle(
  databaseUrl: string,
  url: string,
  customers: number[],
  book: Book,
): Promise<Comparison> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
  try {
    await waitUntil(async () => (await countDueRows(db)) === 0, {
      what: 'all accepted messages to finish',
      timeoutMs: DRAIN_TIMEOUT_MS,
      intervalMs: 250,
    })
    return await compareAll(db, url, customers, book)
  } finally {
    await closeDb(db)
  }
}

/** Without messages that are scheduled for later; their rows are not merged. */
async function countDueRows(db: Db): Promise<number> {
  const { rows } = await read(db, 'hostile.due', (reader) =>
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM outbox_events o
      LEFT JOIN sms_requests r ON r.sms_identifier = o.sms_identifier
      WHERE r.send_at IS NULL OR r.send_at <= NOW(3)`.execute(reader),
  )
  return Number(rows[0]?.n)
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
