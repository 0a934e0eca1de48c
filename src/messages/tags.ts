import { sql } from 'kysely'
import { insertRows, keyIn } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Submitted } from './decide.ts'

/** Customers' own words on messages. A message without one has no row, and costs nothing. */

export async function insertTags(tx: Tx, requests: readonly Submitted[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO message_tags (user_id, sms_identifier, tags)`,
    requests.flatMap(({ smsIdentifier, userId, tags = [] }) =>
      tags.length === 0 ? [] : [[userId, identifierToBytes(smsIdentifier), JSON.stringify(tags)]],
    ),
  )
}

export interface TaggedMessage {
  smsIdentifier: string
  tags: string[]
}

/** @returns those of these messages that have tags. */
export async function readTags(
  reader: Reader,
  messages: readonly { userId: number; id: Buffer }[],
): Promise<TaggedMessage[]> {
  if (messages.length === 0) return []
  const keys = messages.map(({ userId, id }) => [userId, id])
  const { rows } = await sql<Row>`
    SELECT sms_identifier, tags FROM message_tags FORCE INDEX (PRIMARY)
    WHERE ${keyIn(['user_id', 'sms_identifier'], keys)}`.execute(reader)
  return rows.map(toTagged)
}

/** @returns a customer's messages that have any tag, newest first. */
export async function findTagged(
  reader: Reader,
  query: { userId: number; below: string; from: string; limit: number },
): Promise<TaggedMessage[]> {
  const { rows } = await sql<Row>`
    SELECT sms_identifier, tags FROM message_tags FORCE INDEX (PRIMARY)
    WHERE user_id = ${query.userId} AND sms_identifier < ${identifierToBytes(query.below)}
      AND sms_identifier >= ${identifierToBytes(query.from)}
    ORDER BY sms_identifier DESC LIMIT ${sql.lit(query.limit)}`.execute(reader)
  return rows.map(toTagged)
}

interface Row {
  sms_identifier: Buffer
  tags: string
}

function toTagged({ sms_identifier, tags }: Row): TaggedMessage {
  return { smsIdentifier: identifierFromBytes(sms_identifier), tags: JSON.parse(tags) as string[] }
}
