import { sql } from 'kysely'
import { spanFrom, sumsOf, within } from '../audit/index.ts'
import type { LedgerRow } from '../audit/index.ts'
import type { TransactionType } from '../../db/schema.ts'
import { RETURN_TYPES } from '../ledger/index.ts'
import { list, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierToBytes, valueBefore } from '../primitives/identifier.ts'
import type { WeekState } from './types.ts'

interface Row extends LedgerRow {
  transaction_type: TransactionType
}

/** What is summed: top-ups, charges, and all that went back. */
const KINDS: readonly (readonly TransactionType[])[] = [['topup'], ['charge'], RETURN_TYPES]

const KEY = { table: 'user_transactions', column: 'transaction_id' } as const

/**
 * Adds one page of a week's ledger to the sums of its customers and to those of the week, which another statement counts,
 * with where the next page begins: in one transaction, so that after a kill each row is in the sums once.
 * @returns the rows, and whether these were the last.
 */
export async function sumPage(
  db: Db,
  week: WeekState,
  rowsMax: number,
): Promise<{ rows: number; isOver: boolean }> {
  const upTo = valueBefore(week.below).replaceAll('-', '')
  const span = await spanFrom(db, KEY, { after: week.position ?? '', upTo }, rowsMax)
  const rows = await transact(db, 'retention.sum_ledger', async (tx) => {
    const isNext = await isAt(tx, week)
    if (!isNext) return undefined
    const found = await sql<Row>`SELECT user_id, seq, amount, balance_after, transaction_type
      FROM user_transactions FORCE INDEX (PRIMARY) WHERE ${within('transaction_id', span)}`.execute(tx)
    await addToCustomers(tx, week, found.rows)
    await sql`UPDATE removed_weeks w, (
        SELECT COUNT(*) AS entries, ${amountOf('topup')} AS topups, ${amountOf('charge')} AS charges,
               ${amountOf(...RETURN_TYPES)} AS refunds
        FROM user_transactions FORCE INDEX (PRIMARY) WHERE ${within('transaction_id', span)}) t
      SET w.entries = w.entries + t.entries, w.topups = w.topups + t.topups, w.charges = w.charges + t.charges,
          w.refunds = w.refunds + t.refunds, w.position = ${span.end.toString('hex')}
      WHERE w.kind = 'ledger' AND w.below = ${identifierToBytes(week.below)}`.execute(tx)
    return found.rows.length
  })
  return { rows: rows ?? 0, isOver: rows !== undefined && span.isLast }
}

/** Locks the week. Another process may have gone on with it. */
async function isAt(tx: Tx, { below, position }: WeekState): Promise<boolean> {
  const { rows } = await sql<{ position: string | null }>`SELECT position FROM removed_weeks
    WHERE kind = 'ledger' AND below = ${identifierToBytes(below)} AND state = 'checking' FOR UPDATE`.execute(
    tx,
  )
  return rows[0]?.position === position
}

async function addToCustomers(tx: Tx, { below }: WeekState, rows: Row[]): Promise<void> {
  if (rows.length === 0) return
  const sums = [...Map.groupBy(rows, ({ user_id }) => user_id)].map(([userId, theirs]) => {
    const { a, b, entries } = sumsOf(theirs)
    const amounts = KINDS.map((types) =>
      theirs.reduce((sum, row) => sum + (types.includes(row.transaction_type) ? row.amount : 0), 0),
    )
    return [userId, entries, ...amounts, a >>> 0, b >>> 0]
  })
  await sql`INSERT INTO removed_ledger (user_id, below, entries, topups, charges, refunds, chain_a, chain_b)
    SELECT s.user_id, ${identifierToBytes(below)}, s.entries, s.topups, s.charges, s.refunds, s.a, s.b
    FROM JSON_TABLE(${JSON.stringify(sums)}, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]', entries BIGINT PATH '$[1]',
      topups BIGINT PATH '$[2]', charges BIGINT PATH '$[3]', refunds BIGINT PATH '$[4]',
      a BIGINT PATH '$[5]', b BIGINT PATH '$[6]')) s
    ON DUPLICATE KEY UPDATE entries = removed_ledger.entries + s.entries, topups = removed_ledger.topups + s.topups,
      charges = removed_ledger.charges + s.charges, refunds = removed_ledger.refunds + s.refunds,
      chain_a = (removed_ledger.chain_a + s.a) & 4294967295, chain_b = (removed_ledger.chain_b + s.b) & 4294967295`.execute(
    tx,
  )
}

function amountOf(...types: TransactionType[]) {
  return sql`COALESCE(SUM(IF(transaction_type IN (${list(types)}), amount, 0)), 0)`
}
