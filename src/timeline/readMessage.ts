import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import type { Reader } from '../platform/db/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

export interface RequestRow {
  user_id: number
  type: MessageClass
  sender: string | null
  recipients: number
  send_at: Date | null
  delayed_until: Date | null
  expires_at: Date | null
  guaranteed_by: Date | null
  is_test: number
  created_at: Date
  /** The database's clock. */
  now: Date
}

/** Whose message it may be: another customer's is as good as none. */
export type Whose = { userId: number } | 'anyone'

export async function readRequest(reader: Reader, id: Buffer, whose: Whose): Promise<RequestRow | undefined> {
  const mine = whose === 'anyone' ? sql`` : sql`AND user_id = ${whose.userId}`
  const { rows } = await sql<RequestRow>`
    SELECT user_id, type, sender, recipients, send_at, delayed_until, expires_at, guaranteed_by, is_test, created_at,
           NOW(3) AS now
    FROM sms_requests FORCE INDEX (PRIMARY) WHERE sms_identifier = ${id} ${mine}`.execute(reader)
  return rows[0]
}

export interface RecipientRow {
  recipient_no: number
  recipient: string
  status: SmsState
  delivery_status: DeliveryStatus | null
  attempts: number
  provider: string
  /** Submissions whose results are unknown. */
  unconfirmed: number
  lease_until: Date | null
  retrying_since: Date | null
  possibly_sent: number
  possible_duplicate: number
  failure_reason: string | null
  handed_over_at: Date | null
  updated_at: Date
  makes_events: number
}

export interface RecipientsQuery {
  after: number
  limit: number
  /** Only the recipient with these digits. */
  toDigits: string | undefined
}

/** @returns one more than the limit, if there are more. */
export async function readRecipients(
  reader: Reader,
  id: Buffer,
  { after, limit, toDigits }: RecipientsQuery,
): Promise<RecipientRow[]> {
  const to = toDigits === undefined ? sql`` : sql`AND recipient IN (${toDigits}, ${`+${toDigits}`})`
  const { rows } = await sql<RecipientRow>`
    SELECT recipient_no, recipient, status, delivery_status, attempts, provider, unconfirmed, lease_until, retrying_since,
           possibly_sent, possible_duplicate, failure_reason, handed_over_at, updated_at, makes_events
    FROM sms_status FORCE INDEX (PRIMARY)
    WHERE sms_identifier = ${id} AND recipient_no > ${after} ${to}
    ORDER BY recipient_no LIMIT ${sql.lit(limit + 1)}`.execute(reader)
  return rows
}
