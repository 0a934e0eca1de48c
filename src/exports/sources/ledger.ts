import { sql } from 'kysely'
import type { TransactionType } from '../../../db/schema.ts'
import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes } from '../../primitives/identifier.ts'
import type { Column, Row } from '../columns.ts'
import type { ExportRequest, Source, SourcePage } from '../types.ts'

interface LedgerRow {
  transaction_id: Buffer
  recipient_no: number
  transaction_type: TransactionType
  seq: number
  amount: number
  balance_after: number
  description: string
  created_at: Date
}

const READ_MS_MAX = 2_000

const COLUMNS: readonly Column[] = [
  { name: 'transaction_id', type: 'word' },
  { name: 'sequence', type: 'integer' },
  { name: 'transaction_type', type: 'word' },
  { name: 'amount_cents', type: 'integer' },
  { name: 'balance_after_cents', type: 'integer' },
  { name: 'description', type: 'text' },
  { name: 'message_id', type: 'identifier' },
  { name: 'created_at', type: 'time' },
]

/** A customer's ledger in the order of its running numbers, which is also that of its times. Its rows never change. */
export function ledgerOf(db: Db, request: ExportRequest): Source {
  return {
    columns: COLUMNS,
    readPage: ({ position, rowsMax }) =>
      read(
        db,
        'exports.ledger_page',
        async (reader) => {
          const after = position === null ? (await findFirst(reader, request)) - 1 : Number(position)
          const found = await readRows(reader, request.userId, after, rowsMax)
          return toPage(found, request, { position: String(after), rowsMax })
        },
        READ_MS_MAX,
      ),
  }
}

async function readRows(
  reader: Reader,
  userId: number,
  after: number,
  rowsMax: number,
): Promise<LedgerRow[]> {
  const { rows } = await sql<LedgerRow>`
    SELECT transaction_id, recipient_no, transaction_type, seq, amount, balance_after, description, created_at
    FROM user_transactions FORCE INDEX (idx_user_transactions_user_seq)
    WHERE user_id = ${userId} AND seq > ${after} ORDER BY seq LIMIT ${sql.lit(rowsMax)}`.execute(reader)
  return rows
}

/** By halves, because a ledger has no index on time. @returns the first running number at or after the range's start. */
async function findFirst(reader: Reader, { userId, fromMs }: ExportRequest): Promise<number> {
  const account = await reader
    .selectFrom('user_balances')
    .select('last_seq')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  let [low, high] = [1, (account?.last_seq ?? 0) + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [row] = await readRows(reader, userId, middle - 1, 1)
    if (row && row.seq < high && row.created_at.getTime() < fromMs) low = row.seq + 1
    else high = middle
  }
  return low
}

function toPage(
  found: LedgerRow[],
  { untilMs, filters }: ExportRequest,
  { position, rowsMax }: { position: string; rowsMax: number },
): SourcePage {
  const inTime = found.filter((row) => row.created_at.getTime() < untilMs)
  const rows = inTime.filter(
    (row) => filters.transaction_type === undefined || row.transaction_type === filters.transaction_type,
  )
  const last = inTime.at(-1)
  const isLast = inTime.length < rowsMax
  return {
    rows: rows.map(toRow),
    examined: inTime.length,
    total: rows.reduce((sum, { amount }) => sum + amount, 0),
    position: last ? String(last.seq) : position,
    reachedMs: isLast || !last ? untilMs : last.created_at.getTime(),
    isLast,
  }
}

/** In the order of the columns. */
function toRow(row: LedgerRow): Row {
  const id = identifierFromBytes(row.transaction_id)
  return [
    row.recipient_no === 0 ? id : `${id}:${row.recipient_no}`,
    row.seq,
    row.transaction_type,
    row.amount,
    row.balance_after,
    row.description,
    row.transaction_type === 'topup' ? null : id,
    row.created_at.toISOString(),
  ]
}
