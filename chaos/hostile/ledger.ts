import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierFromBytes } from '../../src/primitives/identifier.ts'
import type { LedgerRow } from './book.ts'

/** Rows in one page: some megabytes with long texts. */
const PAGE_ROWS = 5_000

/** @returns the whole ledger, each row with the text or description of its request. */
export async function readLedger(db: Db): Promise<LedgerRow[]> {
  const rows: LedgerRow[] = []
  let after = { customerId: 0, seq: 0 }
  for (;;) {
    const page = await readPage(db, after)
    for (const row of page) {
      const { id, customerId, type, amount, words } = row
      rows.push({ id: identifierFromBytes(id), customerId, type, amount, words })
    }
    const last = page.at(-1)
    if (!last) return rows
    after = last
  }
}

type Row = Omit<LedgerRow, 'id'> & { id: Buffer; seq: number }

async function readPage(db: Db, { customerId, seq }: { customerId: number; seq: number }): Promise<Row[]> {
  return read(db, 'hostile.ledger', async (reader) => {
    const { rows } = await sql<Row>`
      SELECT t.transaction_id AS id, t.user_id AS customerId, t.seq, t.transaction_type AS type, t.amount,
        COALESCE(r.text, t.description) AS words
      FROM user_transactions t LEFT JOIN sms_requests r ON r.sms_identifier = t.transaction_id
      WHERE (t.user_id, t.seq) > (${customerId}, ${seq})
      ORDER BY t.user_id, t.seq LIMIT ${PAGE_ROWS}`.execute(reader)
    return rows
  })
}

export async function readBalances(db: Db): Promise<Map<number, number>> {
  return read(db, 'hostile.balances', async (reader) => {
    const { rows } = await sql<{ user_id: number; balance: number }>`
      SELECT user_id, balance FROM user_balances`.execute(reader)
    return new Map(rows.map(({ user_id, balance }) => [user_id, balance]))
  })
}
