import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { LoggedEvent } from './types.ts'

interface Row {
  user_id: number
  seq: number
  sms_identifier: Buffer
  recipient_no: number
  version: number
  type: string
  makes_events: number
  threshold: number | null
  occurred_at: Date
}

/** @returns a customer's events after a number, in the order of their numbers. */
export function readEventsAfter(
  reader: Reader,
  { userId, after, limit }: { userId: number; after: number; limit: number },
): Promise<LoggedEvent[]> {
  return readLog(
    reader,
    sql`user_id = ${userId} AND seq > ${after} ORDER BY user_id, seq LIMIT ${sql.lit(limit)}`,
  )
}

/** @returns those of a customer's events that are still kept. */
export function readEvents(reader: Reader, userId: number, seqs: number[]): Promise<LoggedEvent[]> {
  if (seqs.length === 0) return Promise.resolve([])
  return readLog(reader, sql`user_id = ${userId} AND seq IN (${list(seqs)})`)
}

/** @returns the number of a customer's latest event; 0 without any. */
export async function readLastSeq(reader: Reader, userId: number): Promise<number> {
  const row = await reader
    .selectFrom('event_sequences')
    .select('last_seq')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.last_seq ?? 0
}

async function readLog(reader: Reader, where: RawBuilder<unknown>): Promise<LoggedEvent[]> {
  const { rows } = await sql<Row>`
    SELECT user_id, seq, sms_identifier, recipient_no, version, type, makes_events, threshold, occurred_at
    FROM event_log FORCE INDEX (PRIMARY) WHERE ${where}`.execute(reader)
  return rows.map((row) => ({
    ...{ userId: row.user_id, seq: row.seq, type: row.type, version: row.version },
    ...{ smsIdentifier: identifierFromBytes(row.sms_identifier), recipientNo: row.recipient_no },
    ...{ makesEvents: row.makes_events, threshold: row.threshold, occurredAt: row.occurred_at },
  }))
}
