import { sql } from 'kysely'
import type { TransactionType } from '../../db/schema.ts'
import type { Db } from '../platform/db/index.ts'
import { readChangedAccounts, saveAudited } from './accounts.ts'
import type { AuditedAccount, ChangedAccount } from './accounts.ts'
import type { LedgerRow } from './chain.ts'
import { explainEnd, explainLink, explainNegative } from './explainChain.ts'
import type { Link } from './explainChain.ts'
import { findUnfoundedReturns } from './explainMessages.ts'
import { query } from './page.ts'
import type { Bounds, Page, Scan } from './page.ts'
import type { Violation } from './violation.ts'

/** Customers of one page. */
const CUSTOMERS_PER_PAGE = 500

/** Everything else gives a recipient's price back. */
const PAYMENTS: readonly TransactionType[] = ['topup', 'charge']

interface Row extends LedgerRow {
  transaction_id: Buffer
  recipient_no: number
  transaction_type: TransactionType
}

/** Ledger rows of one customer that a page reads. */
interface Piece {
  account: ChangedAccount
  upTo: number
}

/**
 * Follows every chain from where it was audited last (audit_accounts): what the ledger has gained since (invariants 2
 * and 6), and for each return whether it is its recipient's. The scan of the whole ledger finds rows that were changed
 * afterwards.
 */
export const accountScan: Scan = { name: 'accounts', table: 'user_transactions', readPage }

async function readPage(db: Db, { after }: Bounds, rowsMax: number): Promise<Page> {
  const from = after === '' ? Number.MIN_SAFE_INTEGER : Number(after)
  const changed = await readChangedAccounts(db, from, CUSTOMERS_PER_PAGE)
  const { pieces, isCut } = cutToRows(changed, rowsMax)
  const rows = Map.groupBy(await readRows(db, pieces), ({ user_id }) => user_id)
  const violations: Violation[] = []
  const audited: AuditedAccount[] = []
  for (const { account, upTo } of pieces) {
    const { last, found } = follow(account, upTo, rows.get(account.user_id) ?? [])
    violations.push(...found)
    audited.push({ userId: account.user_id, ...last })
  }
  const returns = [...rows.values()].flat().filter(({ transaction_type: type }) => !PAYMENTS.includes(type))
  violations.push(...(await findUnfoundedReturns(db, returns)))
  await saveAudited(db, audited)
  return {
    rows: [...rows.values()].reduce((sum, some) => sum + some.length, 0),
    violations,
    end: endOf(changed, pieces, isCut),
  }
}

/** The last customer is divided when the page cannot hold all of its rows. */
function cutToRows(changed: ChangedAccount[], rowsMax: number): { pieces: Piece[]; isCut: boolean } {
  const pieces: Piece[] = []
  let room = rowsMax
  for (const account of changed) {
    if (room <= 0) return { pieces, isCut: false }
    const wanted = Math.max(0, account.last_seq - account.audited_seq)
    pieces.push({ account, upTo: account.audited_seq + Math.min(wanted, room) })
    room -= wanted
    if (room < 0) return { pieces, isCut: true }
  }
  return { pieces, isCut: false }
}

function readRows(db: Db, pieces: Piece[]): Promise<Row[]> {
  const keys = pieces.map(({ account, upTo }) => [account.user_id, account.audited_seq, upTo])
  return query(
    db,
    'audit.accounts',
    sql<Row>`
      SELECT t.user_id, t.seq, t.amount, t.balance_after, t.transaction_id, t.recipient_no, t.transaction_type
      FROM JSON_TABLE(${JSON.stringify(keys)}, '$[*]' COLUMNS (user_id BIGINT PATH '$[0]',
          after_seq BIGINT PATH '$[1]', up_to BIGINT PATH '$[2]')) asked
        STRAIGHT_JOIN user_transactions t FORCE INDEX (idx_user_transactions_user_seq)
        ON t.user_id = asked.user_id AND t.seq > asked.after_seq AND t.seq <= asked.up_to
      ORDER BY t.user_id, t.seq`,
  )
}

/** @returns where the chain was audited to: a broken one continues behind the break. */
function follow(
  { user_id, balance, last_seq, audited_seq, audited_balance }: ChangedAccount,
  upTo: number,
  rows: Row[],
): { last: Link; found: Violation[] } {
  let last: Link = { seq: audited_seq, balance: audited_balance }
  const found: Violation[] = []
  for (const row of rows) {
    found.push(...explainLink(row, last), ...explainNegative(row))
    last = { seq: row.seq, balance: row.balance_after }
  }
  if (upTo < last_seq && last.seq === upTo) return { last, found }
  const named = { seq: last_seq, balance }
  return { last: named, found: [...found, ...explainEnd(user_id, last, named)] }
}

function endOf(changed: ChangedAccount[], pieces: Piece[], isCut: boolean): string | undefined {
  const isAll = pieces.length === changed.length && changed.length < CUSTOMERS_PER_PAGE && !isCut
  if (isAll) return undefined
  // A divided customer is the first of the next page.
  const done = isCut ? pieces.at(-2) : pieces.at(-1)
  const userId = done?.account.user_id ?? (pieces[0]?.account.user_id ?? 0) - 1
  return userId.toString()
}
