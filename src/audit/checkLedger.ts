import { sql } from 'kysely'
import { isWeekEqual, listRemovedWeeks, readHistoryBegins, readRemovedLedger } from '../history/index.ts'
import type { RemovedSums } from '../history/index.ts'
import type { Db } from '../platform/db/index.ts'
import { madeAtMs } from '../primitives/identifier.ts'
import { addKept, addRow, addsUp, isUnbroken, openChain } from './chain.ts'
import type { Chain, LedgerRow } from './chain.ts'
import { explainChain, explainNegative } from './explainChain.ts'
import type { Removed } from './explainChain.ts'
import { CUSTOMERS_MAX, decodeReading, encodeReading, openReading } from './ledgerReading.ts'
import type { LedgerReading } from './ledgerReading.ts'
import { floorOf, lastKeyOf, endOf, query, readBriefly, spanFrom, within } from './page.ts'
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
 * amount, never negative, and the last one the customer's balance (invariants 2 and 6). Balances are read first and
 * then, in primary-key order to spare random reads, the rows that they cover, which no longer change; of removed weeks
 * the kept sums are added.
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
      if (!page) {
        reading = openReading(current.above)
        return { rows: 0, violations: [], end: after }
      }
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
  reading.beginsAt ??= await ledgerBeginsAt(db)
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
  const isAll = rows.length < limit
  const last = rows.at(-1)?.user_id ?? reading.balancesRead
  const bounds = { above: reading.balancesRead, upTo: isAll ? Number.MAX_SAFE_INTEGER : last }
  for (const kept of await readKept(db, { ...bounds, beginsAt: reading.beginsAt })) {
    const chain = reading.chains.get(kept.userId)
    if (chain) addKept(chain, { ...kept, amount: amountOf(kept) })
    else reading.strangers.add(kept.userId)
  }
  reading.balancesRead = last
  if (!isAll && reading.chains.size < CUSTOMERS_MAX) return
  reading.upTo = isAll ? undefined : reading.balancesRead
  reading.rowsAfter = floorOf(reading.beginsAt)
}

/** '' while nothing is removed. */
async function ledgerBeginsAt(db: Db): Promise<string> {
  return (await readBriefly(db, 'audit.ledger_begins', readHistoryBegins)).ledger ?? ''
}

async function readKept(
  db: Db,
  { beginsAt, ...bounds }: { above: number; upTo: number; beginsAt: string },
): Promise<RemovedSums[]> {
  if (beginsAt === '') return []
  return readBriefly(db, 'audit.removed_ledger', (reader) =>
    readRemovedLedger(reader, { ...bounds, beginsAt }),
  )
}

function amountOf({ topups, charges, refunds }: RemovedSums): number {
  return topups + charges + refunds
}

/** @returns undefined when a week was removed of which rows are still to be read: the reading begins again. */
async function readRows(
  db: Db,
  { above, upTo, rowsUpTo = '', beginsAt = '', chains, strangers }: LedgerReading,
  after: string,
  rowsMax: number,
): Promise<Page | undefined> {
  const span = await spanFrom(db, KEY, { after, upTo: rowsUpTo }, rowsMax)
  const rows = await query(
    db,
    'audit.ledger',
    sql<LedgerRow>`SELECT user_id, seq, amount, balance_after FROM user_transactions FORCE INDEX (PRIMARY)
      WHERE ${within('transaction_id', span)} AND user_id > ${above}
        AND user_id <= ${upTo ?? Number.MAX_SAFE_INTEGER}`,
  )
  // After the rows: they were complete if their week counts as there even now.
  const beginsNow = await ledgerBeginsAt(db)
  if (beginsNow !== beginsAt && after < floorOf(beginsNow)) return undefined
  for (const row of rows) {
    const chain = chains.get(row.user_id)
    if (chain) addRow(chain, row)
    else if (strangers.size < CUSTOMERS_MAX) strangers.add(row.user_id)
  }
  return { rows: rows.length, violations: rows.flatMap(explainNegative), end: endOf(span) }
}

async function conclude(db: Db, { chains, strangers, upTo }: LedgerReading): Promise<Violation[]> {
  const violations: Violation[] = upTo === undefined ? await findUnequalWeeks(db) : []
  const outgrown: number[] = []
  let broken = 0
  for (const [userId, chain] of chains) {
    if (chain.isOutgrown) outgrown.push(userId)
    if (isUnbroken(chain) && addsUp(chain)) continue
    if (++broken <= CHAINS_EXPLAINED_MAX) violations.push(...(await explain(db, userId, chain)))
    else {
      const explanation = 'the chain of its ledger is broken'
      violations.push({ rule: 'chain', subject: `customer ${userId}`, explanation })
    }
  }
  violations.push(...(await findBeyond(db, outgrown)), ...(await findWithoutBalance(db, [...strangers])))
  return violations
}

async function explain(db: Db, userId: number, chain: Chain): Promise<Violation[]> {
  const beginsAt = await ledgerBeginsAt(db)
  const [kept] = await readKept(db, { above: userId - 1, upTo: userId, beginsAt })
  const removed: Removed = { beginsAt, entries: kept?.entries ?? 0 }
  return explainChain(db, userId, { ...chain, removed })
}

/** Removed weeks whose sums differ from what is kept of their customers. */
async function findUnequalWeeks(db: Db): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const below of await readBriefly(db, 'audit.removed_weeks', listRemovedWeeks)) {
    if (await readBriefly(db, 'audit.removed_week', (reader) => isWeekEqual(reader, below))) continue
    const week = new Date(madeAtMs(below)).toISOString().slice(0, 10)
    const explanation = 'the sums of its customers are not those of the week'
    violations.push({ rule: 'removed', subject: `ledger of the week before ${week}`, explanation })
  }
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
