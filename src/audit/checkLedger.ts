import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { addRow, isUnbroken, openChain } from './chain.ts'
import type { LedgerRow } from './chain.ts'
import { explainChain, explainNegative } from './explainChain.ts'
import { CUSTOMERS_MAX, decodeReading, encodeReading, openReading } from './ledgerReading.ts'
import type { LedgerReading } from './ledgerReading.ts'
import { lastKeyOf, endOf, query, readBriefly, spanFrom, within } from './page.ts'
import type { Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'user_transactions', column: 'transaction_id' } as const
const lastRow = lastKeyOf(KEY)

/** Further violations usually have the same cause. */
const CHAINS_EXPLAINED_MAX = 100
/** Customers of one statement. */
const CUSTOMERS_PER_QUERY = 1_000

/**
 * Checks the chain of every customer: running numbers without a gap or a fork, each balance the one before plus the
 * amount, never negative, and the last one the customer's balance (invariants 2 and 6). Balances are read first, and of
 * the ledger the rows that they cover, which no longer change: so a live system gives no false alarm. The rows are read
 * in primary-key order, because reading chain by chain would cause a random disk read for each row.
 * @param state the state of an earlier scan, from which this one continues.
 */
export function openLedgerScan(state?: Buffer): Scan {
  let reading: LedgerReading | undefined = state && decodeReading(state)

  async function readPage(db: Db, { after }: { after: string }, rowsMax: number): Promise<Page> {
    const current = (reading ??= openReading(after === '' ? undefined : Number(after)))
    if (current.rowsAfter === undefined) {
      await readBalances(db, current, rowsMax)
      return { rows: 0, violations: [], end: after }
    }
    if (!current.areRowsRead) {
      current.rowsUpTo ??= await lastRow(db)
      const page = await readRows(db, current, current.rowsAfter, rowsMax)
      current.areRowsRead = page.end === undefined
      current.rowsAfter = page.end ?? ''
      return { ...page, end: after }
    }
    const violations = await conclude(db, current)
    reading = undefined
    return { rows: 0, violations, end: current.upTo?.toString() }
  }

  return {
    ...{ name: 'ledger', table: 'user_transactions', readPage },
    state() {
      const current = reading
      return current && (() => encodeReading(current))
    },
  }
}

async function readBalances(db: Db, reading: LedgerReading, rowsMax: number): Promise<void> {
  const limit = Math.min(rowsMax, CUSTOMERS_MAX - reading.chains.size)
  const rows = await readBriefly(db, 'audit.balances', (reader) =>
    reader
      .selectFrom('user_balances')
      .select(['user_id', 'balance', 'last_seq'])
      .where('user_id', '>', reading.balancesRead)
      .orderBy('user_id')
      .limit(limit)
      .execute(),
  )
  for (const { user_id, balance, last_seq } of rows) reading.chains.set(user_id, openChain(last_seq, balance))
  reading.balancesRead = rows.at(-1)?.user_id ?? reading.balancesRead
  const isAll = rows.length < limit
  if (!isAll && reading.chains.size < CUSTOMERS_MAX) return
  reading.upTo = isAll ? undefined : reading.balancesRead
  reading.rowsAfter = ''
}

async function readRows(
  db: Db,
  { above, upTo, rowsUpTo = '', chains, strangers }: LedgerReading,
  after: string,
  rowsMax: number,
): Promise<Page> {
  const span = await spanFrom(db, KEY, { after, upTo: rowsUpTo }, rowsMax)
  const rows = await query(
    db,
    'audit.ledger',
    sql<LedgerRow>`SELECT user_id, seq, amount, balance_after FROM user_transactions FORCE INDEX (PRIMARY)
      WHERE ${within('transaction_id', span)} AND user_id > ${above}
        AND user_id <= ${upTo ?? Number.MAX_SAFE_INTEGER}`,
  )
  for (const row of rows) {
    const chain = chains.get(row.user_id)
    if (chain) addRow(chain, row)
    else if (strangers.size < CUSTOMERS_MAX) strangers.add(row.user_id)
  }
  return { rows: rows.length, violations: rows.flatMap(explainNegative), end: endOf(span) }
}

async function conclude(db: Db, { chains, strangers }: LedgerReading): Promise<Violation[]> {
  const violations: Violation[] = []
  const outgrown: number[] = []
  let broken = 0
  for (const [userId, chain] of chains) {
    if (chain.isOutgrown) outgrown.push(userId)
    if (isUnbroken(chain)) continue
    if (++broken <= CHAINS_EXPLAINED_MAX) violations.push(...(await explainChain(db, userId, chain)))
    else {
      const explanation = 'the chain of its ledger is broken'
      violations.push({ rule: 'chain', subject: `customer ${userId}`, explanation })
    }
  }
  violations.push(...(await findBeyond(db, outgrown)), ...(await findWithoutBalance(db, [...strangers])))
  return violations
}

/** Rows beyond the last one of the balance row, in one statement, because both are written together. */
function findBeyond(db: Db, userIds: number[]): Promise<Violation[]> {
  return findOf(userIds, async (some) => {
    const rows = await query(
      db,
      'audit.beyond',
      sql<{ user_id: number; last_seq: number; found: number }>`
        SELECT b.user_id, b.last_seq, (SELECT MAX(t.seq) FROM user_transactions t FORCE INDEX (idx_user_transactions_user_seq)
           WHERE t.user_id = b.user_id) AS found
        FROM user_balances b FORCE INDEX (PRIMARY) WHERE b.user_id IN (${sql.join(some)})
        HAVING found > b.last_seq`,
    )
    return rows.map(({ user_id, last_seq, found }) => ({
      rule: 'chain' as const,
      subject: `customer ${user_id}`,
      explanation: `the ledger ends at row ${found}, the balance row names row ${last_seq}`,
    }))
  })
}

/** Customers that had no balance row when those were read: new since, or a violation. */
function findWithoutBalance(db: Db, userIds: number[]): Promise<Violation[]> {
  return findOf(userIds, async (some) => {
    const found = await readBriefly(db, 'audit.balances', (reader) =>
      reader.selectFrom('user_balances').select('user_id').where('user_id', 'in', some).execute(),
    )
    const known = new Set(found.map(({ user_id }) => user_id))
    return some
      .filter((userId) => !known.has(userId))
      .map((userId) => ({
        rule: 'balance' as const,
        subject: `customer ${userId}`,
        explanation: 'has ledger rows and no balance row',
      }))
  })
}

async function findOf(
  userIds: number[],
  find: (some: number[]) => Promise<Violation[]>,
): Promise<Violation[]> {
  const violations: Violation[] = []
  for (let start = 0; start < userIds.length; start += CUSTOMERS_PER_QUERY)
    violations.push(...(await find(userIds.slice(start, start + CUSTOMERS_PER_QUERY))))
  return violations
}
