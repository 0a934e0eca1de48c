import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../primitives/identifier.ts'
import type { Cell, Column, Row } from '../columns.ts'
import type { TableShape } from './readColumns.ts'

/** Identifiers: those above `from`, and below `below`. Both are bounds, as lowestAt returns them. */
export interface IdentifierRange {
  from: string
  below: string
}

/** An identifier is not divided, and a request has up to 10,000 rows more. */
const ROWS_PER_PAGE = 2_000
/** Longer reads are cancelled, because the read view of a statement blocks purge. */
const READ_MS_MAX = 4_000

/** Reads the rows of a range in the order of their key, in brief statements and at a bounded rate. */
export async function* readRange(
  db: Db,
  { table, columns, key }: TableShape & { table: string },
  { from, below }: IdentifierRange,
  rowsPerSecond: number,
): AsyncGenerator<Row[]> {
  const id = sql.ref(key)
  const names = sql.join(columns.map(({ name }) => sql.ref(name)))
  const last = identifierToBytes(below)
  for (let after = identifierToBytes(from); ;) {
    const startedAtMs = performance.now()
    const page = await briefly(db, async (reader) => {
      const { rows: found } = await sql<{ id: Buffer }>`
        SELECT ${id} AS id FROM ${sql.table(table)} FORCE INDEX (PRIMARY) WHERE ${id} > ${after} AND ${id} < ${last}
        ORDER BY ${id} LIMIT 1 OFFSET ${sql.lit(ROWS_PER_PAGE - 1)}`.execute(reader)
      const end = found[0]?.id
      const { rows } = await sql<Record<string, unknown>>`
        SELECT ${names} FROM ${sql.table(table)} FORCE INDEX (PRIMARY)
        WHERE ${id} > ${after} AND ${end ? sql`${id} <= ${end}` : sql`${id} < ${last}`} ORDER BY ${id}`.execute(
        reader,
      )
      return { rows, end }
    })
    if (page.rows.length > 0) yield page.rows.map((row) => columns.map((column) => toCell(row, column)))
    if (!page.end) return
    after = page.end
    const dueInMs = (page.rows.length / rowsPerSecond) * 1_000 - (performance.now() - startedAtMs)
    if (dueInMs > 0) await setTimeout(dueInMs)
  }
}

function briefly<T>(db: Db, work: (reader: Reader) => Promise<T>): Promise<T> {
  return read(db, 'exports.read_range', work, READ_MS_MAX)
}

function toCell(row: Record<string, unknown>, { name, type }: Column): Cell {
  const value = row[name]
  if (value === null || value === undefined) return null
  if (type === 'identifier') return identifierFromBytes(value as Buffer)
  if (type === 'bytes') return (value as Buffer).toString('hex')
  if (type === 'time') return (value as Date).toISOString()
  if (type === 'flag') return value === 1
  return value as Cell
}
