import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
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

/** Where a customer's ledger begins, '' for its first row, and how many of its rows were removed. */
export interface Removed {
  beginsAt: string
  entries: number
}

/** Follows a customer's broken chain, row by row up to the last row of the balance. */
export async function explainChain(
  db: Db,
  userId: number,
  chain: Chain & { removed: Removed },
): Promise<Violation[]> {
  const violations: Violation[] = []
  const { beginsAt, entries } = chain.removed
  const isCut = entries > 0
  let link: Link = { seq: 0, balance: 0 }
  let missing = 0
  for (;;) {
    const rows = await readRows(db, { userId, beginsAt }, link.seq, chain.lastSeq)
    for (const row of rows) {
      const gap = row.seq - link.seq - 1
      // A gap may be of removed rows, which leave any in one week. How many there are is compared at the end.
      if (isCut && gap > 0) missing += gap
      else if (violations.length < LINKS_EXPLAINED_MAX) violations.push(...explainLink(row, link))
      link = { seq: row.seq, balance: row.balance_after }
    }
    if (rows.length < ROWS_PER_QUERY || violations.length >= LINKS_EXPLAINED_MAX) break
  }
  if (violations.length > 0) return violations
  if (isCut) return [explainKept(userId, missing + chain.lastSeq - link.seq, entries)]
  const end = explainEnd(userId, link, { seq: chain.lastSeq, balance: chain.balance })
  if (end.length > 0) return end
  return [{ rule: 'chain', subject: `customer ${userId}`, explanation: 'duplicate ledger row' }]
}

function explainKept(userId: number, missing: number, removed: number): Violation {
  const explanation =
    missing === removed
      ? 'the sums kept of its removed rows do not lead to the others and the balance'
      : `its ledger lacks ${missing} rows, and ${removed} were removed`
  return { rule: 'removed', subject: `customer ${userId}`, explanation }
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

/** Rows of removed weeks may still be there, and count as gone. */
function readRows(
  db: Db,
  { userId, beginsAt }: { userId: number; beginsAt: string },
  after: number,
  upTo: number,
): Promise<LedgerRow[]> {
  const isThere = beginsAt === '' ? sql`` : sql`AND transaction_id >= ${identifierToBytes(beginsAt)}`
  return query(
    db,
    'audit.chain',
    sql<LedgerRow>`SELECT user_id, seq, amount, balance_after
      FROM user_transactions FORCE INDEX (idx_user_transactions_user_seq)
      WHERE user_id = ${userId} AND seq > ${after} AND seq <= ${upTo} ${isThere}
      ORDER BY seq LIMIT ${sql.lit(ROWS_PER_QUERY)}`,
  )
}
