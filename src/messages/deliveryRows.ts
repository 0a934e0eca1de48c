import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { Charging } from '../primitives/charging.ts'
import { noteChanges } from './changes.ts'
import { KEYS_MAX, inKeys, inRanges, referenceOf, toRanges } from './recipients.ts'
import type { KeyRange, RecipientKey, RecipientState } from './recipients.ts'

/** A recipient as a receipt finds it. */
export interface DeliveryRow extends RecipientState {
  userId: number
  /** The number, and its parts. */
  recipient: string
  parts: number
  provider: string
  deliveryStatus: DeliveryStatus | null
  possiblySent: boolean
  /** Submissions whose result is unknown or was never stored. */
  unconfirmed: number
}

/** Locks recipients by key and in key order, as a claim does. */
export function lockDeliveryRows(tx: Tx, ranges: KeyRange[]): Promise<DeliveryRow[]> {
  return select(tx, ranges, sql`FOR UPDATE`)
}

/** The same without a lock. */
export function readDeliveryRows(reader: Reader, keys: RecipientKey[]): Promise<DeliveryRow[]> {
  return select(reader, toRanges(keys), sql``)
}

async function select(reader: Reader, ranges: KeyRange[], lock: RawBuilder<unknown>): Promise<DeliveryRow[]> {
  if (ranges.length === 0) return []
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
    user_id: number
    recipient: string
    parts: number
    status: SmsState
    owner: Buffer | null
    provider: string
    delivery_status: DeliveryStatus | null
    possibly_sent: number
    unconfirmed: number
    makes_events: number
    returned: number
    charging: Charging
  }>`
    SELECT sms_identifier, recipient_no, user_id, recipient, parts, status, owner, provider, delivery_status, possibly_sent,
           unconfirmed, makes_events, returned, charging
    FROM sms_status FORCE INDEX (PRIMARY)
    WHERE ${inRanges(ranges)}
    ORDER BY sms_identifier, recipient_no ${lock}`.execute(reader)
  return rows.map((row) => {
    const key = { smsIdentifier: identifierFromBytes(row.sms_identifier), recipientNo: row.recipient_no }
    return {
      ...key,
      reference: referenceOf(key),
      userId: row.user_id,
      recipient: row.recipient,
      parts: row.parts,
      status: row.status,
      owner: row.owner && row.owner.toString('hex'),
      provider: row.provider,
      deliveryStatus: row.delivery_status,
      possiblySent: row.possibly_sent === 1,
      unconfirmed: row.unconfirmed,
      makesEvents: row.makes_events,
      ...{ returned: row.returned, charging: row.charging },
    }
  })
}

/** What the first final receipt says of a recipient. */
export interface DeliveryOutcome extends RecipientKey {
  status: DeliveryStatus
  /** Why it was not delivered; empty when it was. */
  reason: string
}

const REASON_CHARS_MAX = 255
const OUTCOMES_PER_UPDATE_MAX = KEYS_MAX - 1

/**
 * Writes delivery statuses of recipients that are done and have none, in the transaction that locked them: it is written
 * at most once (invariant 3).
 */
export async function markDeliveries(tx: Tx, outcomes: DeliveryOutcome[]): Promise<void> {
  for (let start = 0; start < outcomes.length; start += OUTCOMES_PER_UPDATE_MAX)
    await markSome(tx, outcomes.slice(start, start + OUTCOMES_PER_UPDATE_MAX))
}

async function markSome(tx: Tx, outcomes: DeliveryOutcome[]): Promise<void> {
  const values = outcomes.map(({ smsIdentifier, recipientNo, status, reason }) => [
    smsIdentifier.replaceAll('-', ''),
    recipientNo,
    status,
    status === 'delivered' ? null : reason.slice(0, REASON_CHARS_MAX),
  ])
  // As in markFailed: each row is found once by its key.
  const { numAffectedRows } = await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (sms_identifier CHAR(32) PATH '$[0]',
        recipient_no SMALLINT UNSIGNED PATH '$[1]', status VARCHAR(20) PATH '$[2]',
        reason VARCHAR(1000) CHARACTER SET utf8mb4 PATH '$[3]')) outcome
      STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY)
      ON s.sms_identifier = UNHEX(outcome.sms_identifier) AND s.recipient_no = outcome.recipient_no
    SET s.delivery_status = outcome.status, s.updated_at = NOW(3),
        s.failure_reason = COALESCE(outcome.reason, s.failure_reason)
    WHERE s.status = 'done' AND s.delivery_status IS NULL`.execute(tx)
  if (Number(numAffectedRows) !== outcomes.length)
    throw new Error(`${outcomes.length} delivery statuses were decided and ${numAffectedRows} written`)
  await noteChanges(tx, outcomes, { was: 'sent', became: 'row' })
}

/** A part of a message, as its operator reported it. */
export interface DeliveredPart extends RecipientKey {
  provider: string
  partNo: number
  deliveryStatus: DeliveryStatus | null
}

/** All parts of these recipients that operators named. Their recipients are locked by the caller. */
export async function readParts(tx: Tx, keys: RecipientKey[]): Promise<DeliveredPart[]> {
  if (keys.length === 0) return []
  const values = keys.map(({ smsIdentifier, recipientNo }) => [identifierToBytes(smsIdentifier), recipientNo])
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
    provider: string
    part_no: number
    delivery_status: DeliveryStatus | null
  }>`
    SELECT sms_identifier, recipient_no, provider, part_no, delivery_status
    FROM operator_message_parts FORCE INDEX (PRIMARY) WHERE ${inKeys(values)}`.execute(tx)
  return rows.map((row) => ({
    smsIdentifier: identifierFromBytes(row.sms_identifier),
    recipientNo: row.recipient_no,
    provider: row.provider,
    partNo: row.part_no,
    deliveryStatus: row.delivery_status,
  }))
}

/** Writes the status of parts that had none, in the transaction that locked their recipients. */
export async function markParts(tx: Tx, parts: DeliveredPart[]): Promise<void> {
  if (parts.length === 0) return
  const values = parts.map(({ smsIdentifier, recipientNo, provider, partNo, deliveryStatus }) => [
    smsIdentifier.replaceAll('-', ''),
    recipientNo,
    provider,
    partNo,
    deliveryStatus,
  ])
  await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (sms_identifier CHAR(32) PATH '$[0]',
        recipient_no SMALLINT UNSIGNED PATH '$[1]', provider VARCHAR(50) CHARACTER SET ascii PATH '$[2]',
        part_no TINYINT UNSIGNED PATH '$[3]', status VARCHAR(20) PATH '$[4]')) outcome
      STRAIGHT_JOIN operator_message_parts p FORCE INDEX (PRIMARY)
      ON p.sms_identifier = UNHEX(outcome.sms_identifier) AND p.recipient_no = outcome.recipient_no
        AND p.provider = outcome.provider AND p.part_no = outcome.part_no
    SET p.delivery_status = outcome.status
    WHERE p.delivery_status IS NULL`.execute(tx)
}
