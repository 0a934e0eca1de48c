import { sql } from 'kysely'
import { insertRows, list } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Submitted } from './decide.ts'

/** Where the events of single messages go. A message without such an address has no row, and costs nothing. */

export async function insertCallbacks(tx: Tx, requests: readonly Submitted[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT INTO message_callbacks (sms_identifier, url)`,
    requests.flatMap(({ smsIdentifier, callbackUrl }) =>
      callbackUrl === undefined ? [] : [[identifierToBytes(smsIdentifier), callbackUrl]],
    ),
  )
}

/** @returns the addresses of these messages, by identifier. */
export async function readCallbacks(
  reader: Reader,
  smsIdentifiers: readonly string[],
): Promise<Map<string, string>> {
  if (smsIdentifiers.length === 0) return new Map()
  const { rows } = await sql<{ sms_identifier: Buffer; url: string }>`
    SELECT sms_identifier, url FROM message_callbacks FORCE INDEX (PRIMARY)
    WHERE sms_identifier IN (${list(smsIdentifiers.map(identifierToBytes))})`.execute(reader)
  return new Map(rows.map(({ sms_identifier, url }) => [identifierFromBytes(sms_identifier), url]))
}
