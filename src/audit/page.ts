import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { read } from '../platform/db/index.ts'
import type { Violation } from './violation.ts'

/** Tables that a walk goes through, as progress and metrics name them. */
export type Table = 'user_transactions' | 'sms_requests' | 'sms_status' | 'outbox_events'

export interface OpenRecipient {
  smsIdentifier: string
  recipientNo: number
  userId: number
  status: SmsState
}

/** A bounded piece of a table, examined. */
export interface Page {
  rows: number
  violations: Violation[]
  /** Where the next page begins, as text that can be kept; undefined: this was the last one. */
  end: string | undefined
  /** Unfinished recipients, of which it is still to be seen that an outbox row names them. */
  open?: OpenRecipient[]
  /** Recipients that were tried again although an operator may have had them. Allowed, and counted. */
  possibleDuplicates?: number
}

/** A table from one end to the other, a page at a time. Another program may go on where this one's last page ended. */
export interface Walk {
  name: string
  table: Table
  /** `after` is empty at the beginning, then the `end` of the page before. Up to one request's rows more than `rowsMax`. */
  readPage: (db: Db, after: string, rowsMax: number) => Promise<Page>
  /** The place of the last row that there is now; without it the walk knows its end by itself. */
  lastPlace?: (db: Db) => Promise<string>
}

/** The read view of a statement may not live longer: purge waits for the oldest one. */
export const VIEW_MS_MAX = 2_000

/** Runs one read of the audit. One that takes too long is given up, so that a smaller page can be tried. */
export function look<T>(db: Db, operation: string, work: (reader: Reader) => Promise<T>): Promise<T> {
  return read(db, operation, work, VIEW_MS_MAX)
}

/** The rows of a table whose key begins with an identifier above `after` and up to `end`, or without an end. */
export interface Span {
  after: Buffer
  end: Buffer | undefined
}

/** A span of `rowsMax` rows and those that belong to its last identifier, so that it begins and ends between two. */
export async function spanFrom(
  db: Db,
  { table, column }: { table: Table; column: string },
  after: string,
  rowsMax: number,
): Promise<Span> {
  const from = Buffer.from(after, 'hex')
  const id = sql.ref(column)
  const rows = await look(db, `audit.${table}_page`, async (reader) => {
    const found = await sql<{ id: Buffer }>`SELECT ${id} AS id FROM ${sql.table(table)} FORCE INDEX (PRIMARY)
      WHERE ${id} > ${from} ORDER BY ${id} LIMIT 1 OFFSET ${sql.lit(rowsMax - 1)}`.execute(reader)
    return found.rows
  })
  return { after: from, end: rows[0]?.id }
}

/** The condition that a row lies in the span. */
export function lies(column: string, { after, end }: Span): RawBuilder<unknown> {
  const above = sql`${sql.ref(column)} > ${after}`
  return end ? sql`${above} AND ${sql.ref(column)} <= ${end}` : above
}

/**
 * How the last row that a table has is found. A walk ends with those that were there when it began, and what has come
 * since is the next one's: a table that grows as fast as it is read would have no end.
 */
export function lastPlaceOf({ table, column }: { table: Table; column: string }) {
  return (db: Db): Promise<string> =>
    look(db, `audit.${table}_last`, async (reader) => {
      const { rows } = await sql<{
        id: Buffer | null
      }>`SELECT MAX(${sql.ref(column)}) AS id FROM ${sql.table(table)}`.execute(reader)
      return rows[0]?.id?.toString('hex') ?? ''
    })
}

export function placeOf({ end }: Span): string | undefined {
  return end?.toString('hex')
}

export async function countRows(
  db: Db,
  { table, column }: { table: Table; column: string },
  span: Span,
): Promise<number> {
  return look(db, `audit.${table}_count`, async (reader) => {
    const { rows } = await sql<{
      n: number
    }>`SELECT COUNT(*) AS n FROM ${sql.table(table)} FORCE INDEX (PRIMARY)
      WHERE ${lies(column, span)}`.execute(reader)
    return rows[0]?.n ?? 0
  })
}
