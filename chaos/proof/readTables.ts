import { sql } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'

/** How many there are, and the first of them. */
export interface Found {
  count: number
  lines: string[]
}

/** Enough to look it up. */
const LISTED_MAX = 20

/** Recipients that are unfinished and not in quarantine, where they are open and known. */
export async function findUnfinished(db: Db): Promise<Found> {
  const open = sql`FROM sms_status s LEFT JOIN sms_quarantine q USING (sms_identifier, recipient_no)
    WHERE s.status IN ('pending', 'sending') AND q.sms_identifier IS NULL`
  const [counted] = await rowsOf<{ n: number }>(db, sql`SELECT COUNT(*) AS n ${open}`)
  const rows = await rowsOf<{ id: string; no: number; status: string }>(
    db,
    sql`SELECT LOWER(HEX(sms_identifier)) AS id, recipient_no AS no, status ${open}
      ORDER BY sms_identifier LIMIT ${sql.lit(LISTED_MAX)}`,
  )
  return {
    count: Number(counted?.n),
    lines: rows.map(({ id, no, status }) => `recipient ${no} of ${id} is ${status} and unfinished`),
  }
}

/** Recipients whose price went back more than once, by entries of one kind or of several. */
export async function findDoubleRefunds(db: Db): Promise<Found> {
  const repeated = sql`FROM user_transactions WHERE transaction_type NOT IN ('topup', 'charge')
    GROUP BY transaction_id, recipient_no HAVING COUNT(*) > 1`
  const [counted] = await rowsOf<{ n: number }>(
    db,
    sql`SELECT COUNT(*) AS n FROM (SELECT 1 ${repeated}) repeated`,
  )
  const rows = await rowsOf<{ id: string; no: number; times: number }>(
    db,
    sql`SELECT LOWER(HEX(transaction_id)) AS id, recipient_no AS no, COUNT(*) AS times ${repeated}
      LIMIT ${sql.lit(LISTED_MAX)}`,
  )
  return {
    count: Number(counted?.n),
    lines: rows.map(({ id, no, times }) => `recipient ${no} of ${id}: refunded ${times} times`),
  }
}

/** Recipients by state. */
export async function countStates(db: Db): Promise<Record<string, number>> {
  const rows = await rowsOf<{ status: string; n: number }>(
    db,
    sql`SELECT status, COUNT(*) AS n FROM sms_status GROUP BY status ORDER BY status`,
  )
  return Object.fromEntries(rows.map(({ status, n }) => [status, Number(n)]))
}

export async function countRequests(db: Db): Promise<number> {
  const [row] = await rowsOf<{ n: number }>(db, sql`SELECT COUNT(*) AS n FROM sms_requests`)
  return Number(row?.n)
}

async function rowsOf<T>(db: Db, query: ReturnType<typeof sql>): Promise<T[]> {
  const { rows } = await read(db, 'chaos.prove', (reader) => query.execute(reader))
  return rows as T[]
}
