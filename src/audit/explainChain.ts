import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import type { Chain, LedgerRow } from './chain.ts'
import { query } from './page.ts'
import type { Violation } from './violation.ts'

const ROWS_PER_QUERY = 2_000
/** After one missing link, further ones seldom add information. */
const LINKS_EXPLAINED_MAX = 5

/** A ledger row that the chain leads to: its running number and the balance after it. */
export interface Link {
  seq: number
  balance: number
}

/** Follows a customer's broken chain, row by row up to the last row of the balance. */
export async function explainChain(db: Db, userId: number, chain: Chain): Promise<Violation[]> {
  const violations: Violation[] = []
  let link: Link = { seq: 0, balance: 0 }
  for (;;) {
    const rows = await readRows(db, userId, link.seq, chain.lastSeq)
    for (const row of rows) {
      if (violations.length < LINKS_EXPLAINED_MAX) violations.push(...explainLink(row, link))
      link = { seq: row.seq, balance: row.balance_after }
    }
    if (rows.length < ROWS_PER_QUERY || violations.length >= LINKS_EXPLAINED_MAX) break
  }
  if (violations.length > 0) return violations
  const end = explainEnd(userId, link, { seq: chain.lastSeq, balance: chain.balance })
  if (end.length > 0) return end
  return [{ rule: 'chain', subject: `customer ${userId}`, explanation: 'duplicate ledger row' }]
}

/** Whether a row continues the one before it. */
export function explainLink(row: LedgerRow, before: Link): Violation[] {
  const subject = `customer ${row.user_id}, ledger row ${row.seq}`
  const violations: Violation[] = []
  if (row.seq !== before.seq + 1) {
    const explanation = `follows row ${before.seq}: rows are missing or doubled`
    violations.push({ rule: 'chain', subject, explanation })
  }
  if (row.balance_after !== before.balance + row.amount) {
    const explanation = `has ${row.balance_after} after ${row.amount}, but ${before.balance} before`
    violations.push({ rule: 'chain', subject, explanation })
  }
  return violations
}

/** Whether the last row found is the last one of the balance row. */
export function explainEnd(userId: number, last: Link, named: Link): Violation[] {
  const subject = `customer ${userId}`
  if (last.seq !== named.seq) {
    const explanation = `the ledger ends at row ${last.seq}, the balance row names row ${named.seq}`
    return [{ rule: 'chain', subject, explanation }]
  }
  if (last.balance === named.balance) return []
  const explanation = `the balance is ${named.balance}, the ledger comes to ${last.balance}`
  return [{ rule: 'balance', subject, explanation }]
}

export function explainNegative(row: LedgerRow): Violation[] {
  if (row.balance_after >= 0) return []
  const subject = `customer ${row.user_id}, ledger row ${row.seq}`
  return [{ rule: 'balance', subject, explanation: `the balance was negative: ${row.balance_after}` }]
}

function readRows(db: Db, userId: number, after: number, upTo: number): Promise<LedgerRow[]> {
  return query(
    db,
    'audit.chain',
    sql<LedgerRow>`SELECT user_id, seq, amount, balance_after
      FROM user_transactions FORCE INDEX (idx_user_transactions_user_seq)
      WHERE user_id = ${userId} AND seq > ${after} AND seq <= ${upTo}
      ORDER BY seq LIMIT ${sql.lit(ROWS_PER_QUERY)}`,
  )
}
