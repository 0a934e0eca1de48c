import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import type { Chain, LedgerRow } from './chain.ts'
import { look } from './page.ts'
import type { Violation } from './violation.ts'

const ROWS_PER_LOOK = 2_000
/** Where one link is missing, the next ones seldom tell more. */
const LINKS_TOLD_MAX = 5

/** Walks the chain of a customer that is broken somewhere, row by row up to the one that the balance row names. */
export async function explainChain(db: Db, userId: number, chain: Chain): Promise<Violation[]> {
  const violations: Violation[] = []
  let [seq, balance] = [0, 0]
  for (;;) {
    const rows = await readRows(db, userId, seq, chain.lastSeq)
    for (const row of rows) {
      if (violations.length < LINKS_TOLD_MAX) violations.push(...explainLink(row, seq, balance))
      seq = row.seq
      balance = row.balance_after
    }
    if (rows.length < ROWS_PER_LOOK || violations.length >= LINKS_TOLD_MAX) break
  }
  if (violations.length > 0) return violations
  const subject = `customer ${userId}`
  if (seq !== chain.lastSeq) {
    const explanation = `the ledger ends at row ${seq}, the balance row says ${chain.lastSeq}`
    return [{ rule: 'chain', subject, explanation }]
  }
  if (balance === chain.balance)
    return [{ rule: 'chain', subject, explanation: 'a row of its ledger is doubled' }]
  const explanation = `the balance is ${chain.balance}, the ledger comes to ${balance}`
  return [{ rule: 'balance', subject, explanation }]
}

function explainLink(row: LedgerRow, seq: number, balance: number): Violation[] {
  const subject = `customer ${row.user_id}, ledger row ${row.seq}`
  const violations: Violation[] = []
  if (row.seq !== seq + 1) {
    const explanation = `follows row ${seq}: rows are missing or doubled`
    violations.push({ rule: 'chain', subject, explanation })
  }
  if (row.balance_after !== balance + row.amount) {
    const explanation = `says ${row.balance_after} after ${row.amount}, but ${balance} stood before`
    violations.push({ rule: 'chain', subject, explanation })
  }
  return violations
}

async function readRows(db: Db, userId: number, after: number, upTo: number): Promise<LedgerRow[]> {
  const { rows } = await look(db, 'audit.chain', (reader) =>
    sql<LedgerRow>`SELECT user_id, seq, amount, balance_after
      FROM user_transactions FORCE INDEX (idx_user_transactions_user_seq)
      WHERE user_id = ${userId} AND seq > ${after} AND seq <= ${upTo}
      ORDER BY seq LIMIT ${sql.lit(ROWS_PER_LOOK)}`.execute(reader),
  )
  return rows
}
