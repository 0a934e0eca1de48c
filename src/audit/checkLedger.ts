import { sql } from 'kysely'
import { snapshot } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import type { OnProgress, Pass, Violation } from './violation.ts'

/** Customers of one page, and ledger rows of one statement. */
const CUSTOMERS_PER_PAGE = 1_000
const ROWS_PER_PAGE = 10_000

interface Balance {
  userId: number
  balance: number
  lastSeq: number
}

interface Row {
  user_id: number
  seq: number
  amount: number
  balance_after: number
}

/** Where the walk along one customer's chain stands. */
interface Link {
  seq: number
  balance: number
}

/**
 * Walks every customer's ledger row by row: running numbers without a gap, each balance the one before plus the
 * amount, never negative, and the last one the customer's balance (promises 2 and 6). The ledger is append-only, so
 * rows up to the number that stood in the balance row can be read at leisure while the system lives.
 */
export async function checkLedger(db: Db, onProgress: OnProgress): Promise<Pass> {
  const pass: Pass = { rows: 0, violations: [] }
  let above = -1
  for (;;) {
    const balances = await readBalances(db, above)
    const last = balances.at(-1)
    await walk(db, { above, upTo: last?.userId ?? Number.MAX_SAFE_INTEGER, balances }, pass, onProgress)
    if (!last) return pass
    above = last.userId
  }
}

interface Span {
  above: number
  upTo: number
  balances: Balance[]
}

async function walk(db: Db, span: Span, pass: Pass, onProgress: OnProgress): Promise<void> {
  const balances = new Map(span.balances.map((balance) => [balance.userId, balance]))
  const links = new Map<number, Link>(span.balances.map(({ userId }) => [userId, { seq: 0, balance: 0 }]))
  const strangers = new Set<number>()
  let at = { userId: span.above + 1, seq: 0 }
  for (;;) {
    const rows = await readRows(db, at, span.upTo)
    for (const row of rows) {
      const known = balances.get(row.user_id)
      const link = links.get(row.user_id)
      if (!known || !link) strangers.add(row.user_id)
      else if (row.seq <= known.lastSeq) pass.violations.push(...follow(row, link))
    }
    pass.rows += rows.length
    onProgress('user_transactions', rows.length)
    const last = rows.at(-1)
    if (!last || rows.length < ROWS_PER_PAGE) break
    at = { userId: last.user_id, seq: last.seq }
  }
  for (const balance of span.balances) pass.violations.push(...compare(balance, links.get(balance.userId)))
  pass.violations.push(...(await findWithoutBalance(db, strangers)))
}

/** Checks one row against the one before it and moves on to it. */
function follow(row: Row, link: Link): Violation[] {
  const violations: Violation[] = []
  const subject = `customer ${row.user_id}, ledger row ${row.seq}`
  if (row.seq !== link.seq + 1) {
    violations.push({
      rule: 'chain',
      subject,
      explanation: `follows row ${link.seq}: rows are missing or doubled`,
    })
  }
  if (row.balance_after !== link.balance + row.amount) {
    const explanation = `says ${row.balance_after} after ${row.amount}, but ${link.balance} stood before`
    violations.push({ rule: 'chain', subject, explanation })
  }
  if (row.balance_after < 0) {
    violations.push({
      rule: 'balance',
      subject,
      explanation: `the balance was negative: ${row.balance_after}`,
    })
  }
  link.seq = row.seq
  link.balance = row.balance_after
  return violations
}

function compare({ userId, balance, lastSeq }: Balance, link: Link | undefined): Violation[] {
  const subject = `customer ${userId}`
  const [seq, sum] = [link?.seq ?? 0, link?.balance ?? 0]
  if (seq !== lastSeq) {
    return [
      {
        rule: 'chain',
        subject,
        explanation: `the ledger ends at row ${seq}, the balance row says ${lastSeq}`,
      },
    ]
  }
  if (sum === balance) return []
  return [{ rule: 'balance', subject, explanation: `the balance is ${balance}, the ledger comes to ${sum}` }]
}

async function readBalances(db: Db, above: number): Promise<Balance[]> {
  const rows = await snapshot(db, 'audit.balances', (reader) =>
    reader
      .selectFrom('user_balances')
      .select(['user_id', 'balance', 'last_seq'])
      .where('user_id', '>', above)
      .orderBy('user_id')
      .limit(CUSTOMERS_PER_PAGE)
      .execute(),
  )
  return rows.map((row) => ({ userId: row.user_id, balance: row.balance, lastSeq: row.last_seq }))
}

async function readRows(db: Db, after: { userId: number; seq: number }, upTo: number): Promise<Row[]> {
  return snapshot(db, 'audit.ledger', async (reader: Reader) => {
    const { rows } = await sql<Row>`
      SELECT user_id, seq, amount, balance_after FROM user_transactions FORCE INDEX (idx_user_transactions_user_seq)
      WHERE user_id <= ${upTo} AND (user_id > ${after.userId} OR (user_id = ${after.userId} AND seq > ${after.seq}))
      ORDER BY user_id, seq LIMIT ${sql.lit(ROWS_PER_PAGE)}`.execute(reader)
    return rows
  })
}

/** Ledger rows of a customer who had no balance row when the page was read: new since, or a violation. */
async function findWithoutBalance(db: Db, userIds: Set<number>): Promise<Violation[]> {
  if (userIds.size === 0) return []
  const found = await snapshot(db, 'audit.balances', (reader) =>
    reader
      .selectFrom('user_balances')
      .select('user_id')
      .where('user_id', 'in', [...userIds])
      .execute(),
  )
  const known = new Set(found.map(({ user_id }) => user_id))
  return [...userIds]
    .filter((userId) => !known.has(userId))
    .map((userId) => ({
      rule: 'balance' as const,
      subject: `customer ${userId}`,
      explanation: 'has ledger rows and no balance row',
    }))
}
