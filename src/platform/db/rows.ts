import { raw } from 'mysql2'
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Tx } from './session.ts'

/** SQL in the place of a value. */
export const sqlValue = raw
/** The time of the statement, to the millisecond. */
export const NOW = sqlValue('NOW(3)')

export type Value = string | number | Buffer | null | typeof NOW

/** A time as a DATETIME(3) in UTC. */
export function dateTime(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 23).replace('T', ' ')
}

/** Rows of one INSERT: keeps a statement far below max_allowed_packet, also when each row carries the longest text. */
const ROWS_PER_INSERT_MAX = 500

/**
 * Values as ONE parameter, which the driver escapes and spells out: `1, 2` for IN (…), `(1, 2), (3, 4)` for rows. A
 * parameter for each of thousands of values costs the query builder several times what the statement itself does.
 */
export function list(values: readonly Value[] | readonly (readonly Value[])[]): RawBuilder<unknown> {
  // The driver would write an empty list, which is a syntax error.
  if (values.length === 0) throw new Error('a list of no values')
  return sql`${values}`
}

/** Whether the columns have one of these values. For a list of a single key MariaDB reads the whole table. */
export function keyIn(columns: readonly string[], keys: readonly (readonly Value[])[]): RawBuilder<boolean> {
  const [first, ...others] = keys
  if (!first) throw new Error('a list of no keys')
  const named = columns.map((column) => sql.ref(column))
  return others.length === 0
    ? sql`(${sql.join(
        named.map((column, index) => sql`${column} = ${first[index]}`),
        sql` AND `,
      )})`
    : sql`(${sql.join(named)}) IN (${list(keys)})`
}

/** Runs `INSERT INTO table (columns)` for any number of rows, whose values stand in the order of the columns. */
export async function insertRows(
  tx: Tx,
  insert: RawBuilder<unknown>,
  rows: readonly (readonly Value[])[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT_MAX)
    await sql`${insert} VALUES ${list(rows.slice(start, start + ROWS_PER_INSERT_MAX))}`.execute(tx)
}
