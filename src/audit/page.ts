import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState } from '../../db/schema.ts'
import type { RecipientKey } from '../messages/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { read } from '../platform/db/index.ts'
import { valueBefore } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'
import type { Violation } from './violation.ts'

/** Tables whose rows a scan examines, as progress and metrics name them. */
export type Table =
  | 'user_transactions'
  | 'sms_status'
  | 'outbox_events'
  | 'sms_quarantine'
  | 'holds'
  | 'delivery_attempts'
  | 'deadline_misses'
  | 'bulk_messages'
  | 'receipts'
  | 'operator_message_parts'
  | 'idempotency_keys'
  | 'event_log'
  | 'report_minutes'
  | 'report_quarters'
  | 'report_days'

export interface OpenRecipient extends RecipientKey {
  userId: number
  status: SmsState
}

/** Keys as text: those above `after`, up to `upTo`. */
export interface Bounds {
  after: string
  upTo: string
}

/** A bounded piece of a table, examined. */
export interface Page {
  rows: number
  violations: Violation[]
  /** Where the next page begins, as text for the checkpoint; undefined after the last page. */
  end: string | undefined
  /** Unfinished recipients that are not quarantined: an outbox row has to reference each of them. */
  open?: OpenRecipient[]
  /** Recipients that were submitted again although an operator may have had them. Allowed, and counted. */
  possibleDuplicates?: number
}

/** Examines a table in the order of its key, a page at a time. Another process may continue after the last page. */
export interface Scan {
  name: string
  table: Table
  /** A page may have up to one request's rows more than `rowsMax`. */
  readPage: (db: Db, bounds: Bounds, rowsMax: number) => Promise<Page>
  /** The key of the present last row. Absent when the keys are not identifiers and the scan knows its end. */
  lastKey?: (db: Db) => Promise<string>
  /** Its keys begin with identifiers that belong to messages: what retention removes is not examined. */
  isOfMessages?: true
  /** Serializes the scan's state besides its key, if any, for use after a restart. */
  state?: () => (() => Buffer) | undefined
}

/** Longer reads are cancelled, because the read view of a statement blocks purge. */
const READ_MS_MAX = 2_000

/** Runs one read of the audit. One that takes too long is cancelled, so that a smaller page can be tried. */
export function readBriefly<T>(db: Db, operation: string, work: (reader: Reader) => Promise<T>): Promise<T> {
  return read(db, operation, work, READ_MS_MAX)
}

/** The rows of one brief statement. */
export function query<T>(db: Db, operation: string, statement: RawBuilder<T>): Promise<T[]> {
  return readBriefly(db, operation, async (reader) => (await statement.execute(reader)).rows)
}

/** The rows of a table whose key begins with an identifier above `after` and up to `end`. */
export interface Span {
  after: Buffer
  end: Buffer
  isLast: boolean
}

interface Key {
  table: Table | 'sms_requests' | 'bulks'
  column: string
}

/** A span of `rowsMax` rows and the further rows of its last identifier, so that no identifier is divided. */
export async function spanFrom(
  db: Db,
  { table, column }: Key,
  { after, upTo }: Bounds,
  rowsMax: number,
): Promise<Span> {
  const [from, last] = [Buffer.from(after, 'hex'), Buffer.from(upTo, 'hex')]
  const id = sql.ref(column)
  const [found] = await query(
    db,
    `audit.${table}_page`,
    sql<{ id: Buffer }>`SELECT ${id} AS id FROM ${sql.table(table)} FORCE INDEX (PRIMARY)
      WHERE ${id} > ${from} AND ${id} <= ${last} ORDER BY ${id} LIMIT 1 OFFSET ${sql.lit(rowsMax - 1)}`,
  )
  return { after: from, end: found?.id ?? last, isLast: !found || found.id.equals(last) }
}

/** The condition that a row is within the span. */
export function within(column: string, { after, end }: Span): RawBuilder<unknown> {
  return sql`${sql.ref(column)} > ${after} AND ${sql.ref(column)} <= ${end}`
}

/**
 * Finds the last key of a table. A scan ends with the rows that were there when it began: a table that grows as fast as
 * it is read would have no end.
 */
export function lastKeyOf({ table, column }: Key) {
  return async (db: Db): Promise<string> => {
    const [row] = await query(
      db,
      `audit.${table}_last`,
      sql<{ id: Buffer | null }>`SELECT MAX(${sql.ref(column)}) AS id FROM ${sql.table(table)}`,
    )
    return row?.id?.toString('hex') ?? ''
  }
}

/** @returns the key below the first one that is not removed; '' while nothing is. */
export function floorOf(beginsAt: Identifier | null | undefined): string {
  return beginsAt ? valueBefore(beginsAt).replaceAll('-', '') : ''
}

export function endOf({ end, isLast }: Span): string | undefined {
  return isLast ? undefined : end.toString('hex')
}
