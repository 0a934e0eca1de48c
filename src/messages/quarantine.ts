import { sql } from 'kysely'
import { NOW, insertRows } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import { inKeys } from './recipients.ts'
import type { RecipientKey, RecipientState } from './recipients.ts'
import { markQuarantined } from './transitions.ts'

const REASON_CHARS_MAX = 255

/**
 * Takes recipients out of the flow: neither submitted nor refunded until a person or a receipt decides. The caller sees
 * to it that no outbox row references them any more (invariant 4).
 */
export async function quarantine(
  tx: Tx,
  rows: (RecipientState & { userId: number })[],
  reason: string,
): Promise<void> {
  if (rows.length === 0) return
  await markQuarantined(tx, rows)
  await insertRows(
    tx,
    sql`INSERT INTO sms_quarantine (sms_identifier, recipient_no, user_id, reason, created_at)`,
    rows.map(({ smsIdentifier, recipientNo, userId }) => [
      identifierToBytes(smsIdentifier),
      recipientNo,
      userId,
      reason.slice(0, REASON_CHARS_MAX),
      NOW,
    ]),
  )
}

/** In the transaction that decides them. */
export async function endQuarantine(tx: Tx, keys: RecipientKey[]): Promise<void> {
  if (keys.length === 0) return
  const values = keys.map(({ smsIdentifier, recipientNo }) => [identifierToBytes(smsIdentifier), recipientNo])
  await sql`DELETE FROM sms_quarantine WHERE ${inKeys(values)}`.execute(tx)
}

/** @returns how many recipients are quarantined, counted up to `countMax`. */
export async function countQuarantine(reader: Reader, countMax: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT COUNT(*) AS count FROM (SELECT 1 FROM sms_quarantine LIMIT ${sql.lit(countMax)}) AS counted`.execute(
    reader,
  )
  return Number(rows[0]?.count ?? 0)
}

export interface QuarantinedRecipient extends RecipientKey {
  userId: number
  reason: string
  createdAt: Date
}

/** @returns quarantined recipients, oldest message first, at most `limit`. */
export async function listQuarantine(reader: Reader, limit: number): Promise<QuarantinedRecipient[]> {
  const rows = await reader
    .selectFrom('sms_quarantine')
    .selectAll()
    .orderBy('sms_identifier')
    .orderBy('recipient_no')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    smsIdentifier: identifierFromBytes(row.sms_identifier),
    recipientNo: row.recipient_no,
    userId: row.user_id,
    reason: row.reason,
    createdAt: row.created_at,
  }))
}
