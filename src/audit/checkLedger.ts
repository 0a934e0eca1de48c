import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import { addRow, isUnbroken, openChain } from './chain.ts'
import type { Chain, LedgerRow } from './chain.ts'
import { explainChain } from './explainChain.ts'
import { lastPlaceOf, lies, look, placeOf, spanFrom } from './page.ts'
import type { Page, Walk } from './page.ts'
import type { Violation } from './violation.ts'

const KEY = { table: 'user_transactions', column: 'transaction_id' } as const
const lastRow = lastPlaceOf(KEY)

/** Their chains are followed together, with some 25 MB; for further customers the ledger is read once more. */
const CUSTOMERS_MAX = 200_000
/** More of them have the same cause more often than not. */
const CHAINS_EXPLAINED_MAX = 100
/** Customers that one statement looks up. */
const CUSTOMERS_PER_LOOK = 1_000

/** One reading of the ledger for some customers: their balances first, then the rows. */
interface Reading {
  /** The customers are those above this number, */
  above: number
  /** and up to this one; undefined while it is not known, or when there is no end. */
  upTo: number | undefined
  chains: Map<number, Chain>
  /** The last balance that was read. */
  balancesRead: number
  /** Where the reading of the rows stands; undefined before all balances are read. */
  rowsAfter: string | undefined
  /** The last row there was when the balances were read: later ones they do not cover. */
  rowsUpTo: string | undefined
  areRowsRead: boolean
  /** Customers of ledger rows that had no balance row when those were read. */
  strangers: Set<number>
}

/**
 * Checks the chain of every customer: running numbers without a gap or a fork, each balance the one before plus the
 * amount, never negative, and the last one the customer's balance (invariants 2 and 6). Balances are read first, and of
 * the ledger the rows that they cover, which nobody changes any more: so a live system gives no false alarm. The rows
 * are read as they lie; in the order of a customer's chain each would be a read from somewhere else on the disk. A
 * restart begins a reading anew, as what it has seen so far is in memory alone.
 */
export function openLedgerWalk(): Walk {
  let reading: Reading | undefined

  async function readPage(db: Db, after: string, rowsMax: number): Promise<Page> {
    const current = (reading ??= openReading(after))
    if (current.rowsAfter === undefined) {
      await readBalances(db, current, rowsMax)
      return { rows: 0, violations: [], end: after }
    }
    if (!current.areRowsRead) {
      current.rowsUpTo ??= await lastRow(db)
      const page = await readRows(db, current, current.rowsAfter, rowsMax)
      current.areRowsRead = page.end === undefined || page.end >= current.rowsUpTo
      current.rowsAfter = page.end ?? ''
      return { ...page, end: after }
    }
    const violations = await conclude(db, current)
    reading = undefined
    return { rows: 0, violations, end: current.upTo?.toString() }
  }

  return { name: 'ledger', table: 'user_transactions', readPage }
}

function openReading(after: string): Reading {
  const above = after === '' ? Number.MIN_SAFE_INTEGER : Number(after)
  const empty = { chains: new Map<number, Chain>(), strangers: new Set<number>() }
  return {
    ...empty,
    above,
    upTo: undefined,
    balancesRead: above,
    rowsAfter: undefined,
    rowsUpTo: undefined,
    areRowsRead: false,
  }
}

async function readBalances(db: Db, reading: Reading, rowsMax: number): Promise<void> {
  const limit = Math.min(rowsMax, CUSTOMERS_MAX - reading.chains.size)
  const rows = await look(db, 'audit.balances', (reader) =>
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
  { above, upTo, chains, strangers }: Reading,
  after: string,
  rowsMax: number,
): Promise<Page> {
  const span = await spanFrom(db, KEY, after, rowsMax)
  const { rows } = await look(db, 'audit.ledger', (reader) =>
    sql<LedgerRow>`SELECT user_id, seq, amount, balance_after FROM user_transactions FORCE INDEX (PRIMARY)
      WHERE ${lies('transaction_id', span)} AND user_id > ${above}
        AND user_id <= ${upTo ?? Number.MAX_SAFE_INTEGER}`.execute(reader),
  )
  const violations: Violation[] = []
  for (const row of rows) {
    const chain = chains.get(row.user_id)
    if (chain) addRow(chain, row)
    else if (strangers.size < CUSTOMERS_MAX) strangers.add(row.user_id)
    if (row.balance_after < 0) {
      const subject = `customer ${row.user_id}, ledger row ${row.seq}`
      const explanation = `the balance was negative: ${row.balance_after}`
      violations.push({ rule: 'balance', subject, explanation })
    }
  }
  return { rows: rows.length, violations, end: placeOf(span) }
}

async function conclude(db: Db, { chains, strangers }: Reading): Promise<Violation[]> {
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

/** Rows beyond the last one that the balance row names, by one statement: both are written together. */
function findBeyond(db: Db, userIds: number[]): Promise<Violation[]> {
  return lookUp(userIds, async (some) => {
    const { rows } = await look(db, 'audit.beyond', (reader) =>
      sql<{ user_id: number; last_seq: number; found: number }>`
        SELECT b.user_id, b.last_seq, (SELECT MAX(t.seq) FROM user_transactions t FORCE INDEX (idx_user_transactions_user_seq)
           WHERE t.user_id = b.user_id) AS found
        FROM user_balances b FORCE INDEX (PRIMARY) WHERE b.user_id IN (${sql.join(some)})
        HAVING found > b.last_seq`.execute(reader),
    )
    return rows.map(({ user_id, last_seq, found }) => ({
      rule: 'chain' as const,
      subject: `customer ${user_id}`,
      explanation: `the ledger ends at row ${found}, the balance row says ${last_seq}`,
    }))
  })
}

/** Of customers who had no balance row when those were read: new since, or a violation. */
function findWithoutBalance(db: Db, userIds: number[]): Promise<Violation[]> {
  return lookUp(userIds, async (some) => {
    const found = await look(db, 'audit.balances', (reader) =>
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

async function lookUp(
  userIds: number[],
  find: (some: number[]) => Promise<Violation[]>,
): Promise<Violation[]> {
  const violations: Violation[] = []
  for (let start = 0; start < userIds.length; start += CUSTOMERS_PER_LOOK)
    violations.push(...(await find(userIds.slice(start, start + CUSTOMERS_PER_LOOK))))
  return violations
}
