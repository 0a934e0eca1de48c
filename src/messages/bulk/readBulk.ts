import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../../db/schema.ts'
import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'
import { noCounts, v1StatusOf, v1StatusOfAll } from '../v1Status.ts'
import type { V1Counts } from '../v1Status.ts'

export interface BulkKey {
  userId: number
  /** As the request has it: any text. */
  bulkId: string
}

/** A bulk with the results of its messages. */
export interface BulkView {
  bulkId: string
  /** A test key sent it. */
  isTest: boolean
  /** Of the request. More than are accepted and refused: the rest is not decided yet. */
  messages: number
  accepted: number
  refused: number
  /** Charged in all, in the smallest unit; refunds do not lower it. */
  cost: number
  /** Accepted messages by status. */
  counts: V1Counts
  createdAt: Date
}

interface Group {
  message_index: number
  status: SmsState
  delivery_status: DeliveryStatus | null
  is_retrying: number
  is_scheduled: number
  recipients: number
}

/** @returns the bulk; undefined for one that this customer did not send, and for a text that is no identifier. */
export async function readBulk(db: Db, { userId, bulkId }: BulkKey): Promise<BulkView | undefined> {
  if (!isIdentifier(bulkId)) return undefined
  return read(db, 'messages.read_bulk', async (reader) => {
    const row = await reader
      .selectFrom('bulks')
      .selectAll()
      .where('bulk_id', '=', identifierToBytes(bulkId))
      .where('user_id', '=', userId)
      .executeTakeFirst()
    if (!row) return undefined
    const { messages, accepted, refused, cost, created_at: createdAt } = row
    const counts = countMessages(await readGroups(reader, bulkId))
    const isTest = row.is_test === 1
    return {
      bulkId: identifierFromBytes(row.bulk_id),
      isTest,
      messages,
      accepted,
      refused,
      cost,
      counts,
      createdAt,
    }
  })
}

/** A bulk has 10,000 recipients at most. */
async function readGroups(reader: Reader, bulkId: string): Promise<Group[]> {
  const { rows } = await sql<Group>`
    SELECT m.message_index, s.status, s.delivery_status, s.retrying_since IS NOT NULL AS is_retrying,
           COALESCE(MAX(COALESCE(r.delayed_until, r.send_at)) > NOW(3), FALSE) AS is_scheduled, COUNT(*) AS recipients
    FROM bulk_messages m FORCE INDEX (PRIMARY)
      STRAIGHT_JOIN sms_requests r FORCE INDEX (PRIMARY) ON r.sms_identifier = m.sms_identifier
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = m.sms_identifier
    WHERE m.bulk_id = ${identifierToBytes(bulkId)}
    GROUP BY m.message_index, s.status, s.delivery_status, is_retrying`.execute(reader)
  return rows
}

function countMessages(groups: Group[]): V1Counts {
  const counts = noCounts()
  for (const ofMessage of Map.groupBy(groups, (group) => group.message_index).values()) {
    const recipients = noCounts()
    for (const {
      status,
      delivery_status: deliveryStatus,
      is_retrying,
      is_scheduled,
      recipients: count,
    } of ofMessage)
      recipients[
        v1StatusOf({ status, deliveryStatus, isRetrying: is_retrying === 1, isScheduled: is_scheduled === 1 })
      ] += count
    counts[v1StatusOfAll(recipients)]++
  }
  return counts
}
