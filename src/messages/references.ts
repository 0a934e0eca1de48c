import { sql } from 'kysely'
import { insertRows, list } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Submitted } from './decide.ts'

/** Customers' own names for messages. A message without one has no row, and costs nothing. */

export async function insertReferences(tx: Tx, requests: readonly Submitted[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO message_references (sms_identifier, user_id, client_reference)`,
    requests.flatMap(({ smsIdentifier, userId, clientReference }) =>
      clientReference === undefined
        ? []
        : [[identifierToBytes(smsIdentifier), userId, Buffer.from(clientReference)]],
    ),
  )
}

/** @returns the references of these messages, by identifier. */
export async function readReferences(reader: Reader, ids: Buffer[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ sms_identifier: Buffer; client_reference: Buffer }>`
    SELECT sms_identifier, client_reference FROM message_references
    WHERE sms_identifier IN (${list(ids)})`.execute(reader)
  return new Map(
    rows.map(({ sms_identifier, client_reference }) => [
      identifierFromBytes(sms_identifier),
      client_reference.toString(),
    ]),
  )
}

/** @returns the identifiers of a customer's messages with this reference, newest first. */
export async function findByReference(
  reader: Reader,
  query: { userId: number; clientReference: string; below: string; from: string; limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ sms_identifier: Buffer }>`
    SELECT sms_identifier FROM message_references FORCE INDEX (idx_message_references_reference)
    WHERE user_id = ${query.userId} AND client_reference = ${Buffer.from(query.clientReference)}
      AND sms_identifier < ${identifierToBytes(query.below)}
      AND sms_identifier >= ${identifierToBytes(query.from)}
    ORDER BY sms_identifier DESC LIMIT ${sql.lit(query.limit)}`.execute(reader)
  return rows.map(({ sms_identifier }) => identifierFromBytes(sms_identifier))
}
