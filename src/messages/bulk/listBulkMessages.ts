import { sql } from 'kysely'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../primitives/identifier.ts'
import type { BulkKey } from './readBulk.ts'

/** A message of a bulk, as a cancellation needs it. */
export interface BulkMessage {
  smsIdentifier: string
  recipients: number
  /** Some recipients wait to be sent. */
  hasPending: boolean
}

interface Row {
  sms_identifier: Buffer
  recipients: number
  has_pending: number
}

/** @returns the accepted messages of a bulk in the order of their keys, 10,000 at most; none for another customer's. */
export function listBulkMessages(db: Db, { userId, bulkId }: BulkKey): Promise<BulkMessage[]> {
  return read(db, 'messages.list_bulk_messages', async (reader) => {
    const { rows } = await sql<Row>`
      SELECT r.sms_identifier, r.recipients, EXISTS (SELECT 1 FROM sms_status s FORCE INDEX (PRIMARY)
             WHERE s.sms_identifier = r.sms_identifier AND s.status = 'pending') AS has_pending
      FROM bulk_messages m FORCE INDEX (PRIMARY)
        STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = m.sms_identifier
      WHERE m.bulk_id = ${identifierToBytes(bulkId)} AND r.user_id = ${userId}
      ORDER BY r.sms_identifier`.execute(reader)
    return rows.map(({ sms_identifier, recipients, has_pending }) => ({
      smsIdentifier: identifierFromBytes(sms_identifier),
      recipients,
      hasPending: has_pending === 1,
    }))
  })
}
