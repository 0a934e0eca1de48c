import { sql } from 'kysely'
import { list } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'

/** What all recipients of a request share. A null sender is the operator's default. */
export interface Content {
  text: string
  sender: string | null
}

/** @returns what requests say, by identifier. A request never changes, so no lock is taken. */
export async function readTexts(tx: Tx, smsIdentifiers: string[]): Promise<Map<string, Content>> {
  const ids = [...new Set(smsIdentifiers)].map(identifierToBytes)
  const { rows } = await sql<Content & { sms_identifier: Buffer }>`
    SELECT sms_identifier, text, sender FROM sms_requests FORCE INDEX (PRIMARY)
    WHERE sms_identifier IN (${list(ids)})`.execute(tx)
  return new Map(
    rows.map(({ sms_identifier, text, sender }) => [identifierFromBytes(sms_identifier), { text, sender }]),
  )
}
