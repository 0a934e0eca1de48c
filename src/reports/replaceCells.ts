import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { dateTime, keyIn, list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import type { Level } from './levels.ts'
import { textOf } from './rollup.ts'
import type { Cell, Rollup } from './rollup.ts'
import { decode, encode } from './sketch.ts'
import { KEY, addToLevel, keyOf } from './writeCells.ts'

type Table = Level['table']

/** Spans that begin in this time; of these customers, or of all. */
export interface CellRange {
  fromMs: number
  /** Not included. */
  untilMs: number
  userIds?: readonly number[]
}

type Row = Omit<Cell, 'startedAtMs' | 'handoverSketch' | 'deliverySketch'> & {
  startedAt: Date
  handoverSketch: Buffer | null
  deliverySketch: Buffer | null
}

const KEYS_PER_DELETE_MAX = 500

/**
 * Makes the rows of a range what they should be: wrong ones are replaced as a whole, and others are removed.
 * Called under the lock of the position. @returns how many were wrong or missing.
 */
export async function replaceCells(tx: Tx, table: Table, range: CellRange, wanted: Cell[]): Promise<number> {
  const missing = new Map(wanted.map((cell) => [textOf(cell), cell]))
  const wrong: Row[] = []
  for (const row of await readRows(tx, table, range)) {
    const text = textOf({ ...row, startedAtMs: row.startedAt.getTime() })
    const cell = missing.get(text)
    if (cell && isSame(row, cell)) missing.delete(text)
    else wrong.push(row)
  }
  for (let start = 0; start < wrong.length; start += KEYS_PER_DELETE_MAX) {
    const keys = wrong
      .slice(start, start + KEYS_PER_DELETE_MAX)
      .map((row) => keyOf({ ...row, startedAtMs: row.startedAt.getTime() }))
    await sql`DELETE FROM ${sql.table(table)} WHERE ${keyIn(KEY, keys)}`.execute(tx)
  }
  await addToLevel(tx, table, [...missing.values()])
  const replaced = wrong.filter((row) =>
    missing.has(textOf({ ...row, startedAtMs: row.startedAt.getTime() })),
  )
  return missing.size + wrong.length - replaced.length
}

/** @throws RangeError when a sketch cannot be read. */
export async function readCells(tx: Tx, table: Table, range: CellRange): Promise<Rollup> {
  const rows = await readRows(tx, table, range)
  return new Map(
    rows.map(({ startedAt, handoverSketch, deliverySketch, ...row }) => {
      const cell: Cell = {
        ...{ ...row, startedAtMs: startedAt.getTime() },
        ...{ handoverSketch: decode(handoverSketch), deliverySketch: decode(deliverySketch) },
      }
      return [textOf(cell), cell]
    }),
  )
}

/** @returns the customers with rows in one of the tables, the sum of all (0) among them. */
export async function listCustomers(tx: Tx, tables: readonly Table[], range: CellRange): Promise<number[]> {
  const selects = tables.map((table) => sql`SELECT user_id FROM ${sql.table(table)} WHERE ${within(range)}`)
  const { rows } = await sql<{
    user_id: number
  }>`${sql.join(selects, sql` UNION `)} ORDER BY user_id`.execute(tx)
  return rows.map(({ user_id }) => user_id)
}

async function readRows(tx: Tx, table: Table, range: CellRange): Promise<Row[]> {
  const { rows } =
    await sql<Row>`SELECT user_id AS userId, started_at AS startedAt, type, operator, country, result,
      messages, parts, charged, refunded, cost, costed, handovers, handover_ms AS handoverMs, deliveries,
      delivery_ms AS deliveryMs, handover_sketch AS handoverSketch, delivery_sketch AS deliverySketch
    FROM ${sql.table(table)} WHERE ${within(range)}`.execute(tx)
  return rows
}

function within({ fromMs, untilMs, userIds }: CellRange): RawBuilder<unknown> {
  const ofTime = sql`started_at >= ${dateTime(fromMs)} AND started_at < ${dateTime(untilMs)}`
  return userIds ? sql`user_id IN (${list(userIds)}) AND ${ofTime}` : ofTime
}

const NUMBERS = [
  ...(['messages', 'parts', 'charged', 'refunded', 'cost', 'costed'] as const),
  ...(['handovers', 'handoverMs', 'deliveries', 'deliveryMs'] as const),
]

function isSame(row: Row, cell: Cell): boolean {
  return (
    NUMBERS.every((name) => row[name] === cell[name]) &&
    isSameSketch(row.handoverSketch, encode(cell.handoverSketch)) &&
    isSameSketch(row.deliverySketch, encode(cell.deliverySketch))
  )
}

/** An empty one may have no bytes or be NULL. */
function isSameSketch(one: Buffer | null, other: Buffer | null): boolean {
  return (one ?? EMPTY).equals(other ?? EMPTY)
}

const EMPTY = Buffer.alloc(0)
