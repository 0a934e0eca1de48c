import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { isIdentifier } from '../primitives/identifier.ts'
import { explainFailure } from './explainFailure.ts'
import type { FailureView } from './explainFailure.ts'
import { findRequest } from './findRequests.ts'
import type { V1Status } from './states.ts'
import { v1StatusOf } from './v1Status.ts'

export interface RecipientsQuery {
  userId: number
  smsIdentifier: string
  limit: number
  /** The number of the last recipient of the page before; 0 for the first page. */
  after: number
}

/** One recipient of a message, as `/v1` shows it. */
export interface RecipientView {
  recipient: string
  status: V1Status
  parts: number
  /** Charged, in the smallest unit; a refund does not lower it. */
  cost: number
  attempts: number
  /** The operator that accepted or rejected it; null until then. */
  provider: string | null
  failure: FailureView | null
  updatedAt: Date
}

export interface RecipientsPage {
  recipients: RecipientView[]
  nextAfter: number | null
}

interface Row {
  recipient_no: number
  recipient: string
  status: SmsState
  delivery_status: DeliveryStatus | null
  is_retrying: number
  parts: number
  price: number
  attempts: number
  provider: string
  possibly_sent: number
  failure_reason: string | null
  updated_at: Date
}

/**
 * @returns a page of a message's recipients, in the order they were given; undefined for a message that this customer did
 * not send, and for a text that is no identifier. @throws Unavailable.
 */
export async function listRecipients(db: Db, query: RecipientsQuery): Promise<RecipientsPage | undefined> {
  if (!isIdentifier(query.smsIdentifier)) return undefined
  return read(db, 'messages.list_recipients', async (reader) => {
    const request = await findRequest(reader, query)
    if (!request) return undefined
    const { rows } = await sql<Row>`
      SELECT recipient_no, recipient, status, delivery_status, retrying_since IS NOT NULL AS is_retrying, parts, price,
             attempts, provider, possibly_sent, failure_reason, updated_at
      FROM sms_status FORCE INDEX (PRIMARY)
      WHERE sms_identifier = ${request.sms_identifier} AND recipient_no > ${query.after}
      ORDER BY recipient_no LIMIT ${sql.lit(query.limit + 1)}`.execute(reader)
    const page = rows.slice(0, query.limit)
    const nextAfter = rows.length > query.limit ? (page.at(-1)?.recipient_no ?? null) : null
    return { recipients: page.map((row) => toView(row, request.is_scheduled === 1)), nextAfter }
  })
}

function toView(row: Row, isScheduled: boolean): RecipientView {
  return {
    recipient: row.recipient,
    status: v1StatusOf({
      status: row.status,
      deliveryStatus: row.delivery_status,
      isRetrying: row.is_retrying === 1,
      isScheduled,
    }),
    parts: row.parts,
    cost: row.price,
    attempts: row.attempts,
    provider: row.provider || null,
    failure: explainFailure(row),
    updatedAt: row.updated_at,
  }
}
