import { sql } from 'kysely'
import { databaseNowMs, read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, lowestAt } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { decodeRanges } from './envelope.ts'
import type { RecipientRange } from './envelope.ts'
import { LANES } from './lanes.ts'

/** An outbox row and what it references. */
export interface ReadRow {
  outboxId: string
  ranges: RecipientRange[]
}

export interface OldRowsQuery {
  /** Rows above this identifier; all by default. */
  after?: string | undefined
  /** Only rows that were written this long ago. */
  minAgeMs: number
  rowsMax: number
}

/**
 * Reads rows of a class by age, from the oldest on, and locks none. Each lane is a partition, and its rows lie in the
 * order of their identifiers: a healthy outbox has no old row, and this is one look-up in two empty ranges.
 * @returns the rows that can be read, and the last identifier while there may be more.
 */
export async function readOldRows(
  db: Db,
  type: MessageClass,
  { after = lowestAt(0), minAgeMs, rowsMax }: OldRowsQuery,
): Promise<{ rows: ReadRow[]; next: string | undefined }> {
  const { ready, waiting } = LANES[type]
  const upTo = lowestAt(databaseNowMs(db) - minAgeMs)
  const found = await read(db, 'outbox.old_rows', async (reader) => {
    const { rows } = await sql<{ id: Buffer; payload: string }>`
      SELECT id, payload FROM outbox_events FORCE INDEX (PRIMARY)
      WHERE lane IN (${ready}, ${waiting}) AND id > ${identifierToBytes(after)} AND id < ${identifierToBytes(upTo)}
      ORDER BY id LIMIT ${sql.lit(rowsMax)}`.execute(reader)
    return rows
  })
  const last = found.at(-1)
  return {
    rows: decode(found),
    next: last && found.length === rowsMax ? identifierFromBytes(last.id) : undefined,
  }
}

export function decode(rows: { id: Buffer; payload: string }[]): ReadRow[] {
  return rows.flatMap(({ id, payload }) => {
    const ranges = decodeRanges(payload)
    return ranges ? [{ outboxId: identifierFromBytes(id), ranges }] : []
  })
}
