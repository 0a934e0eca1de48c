import { sql } from 'kysely'
import type { RecipientKey } from '../messages/index.ts'
import { dateTime } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'

/** Where a reading goes on: after this miss. */
export interface DueMissPosition {
  dueAt: Date
  smsIdentifier: Buffer
  recipientNo: number
}

/** A miss whose price is to go back. */
export interface DueCompensation extends RecipientKey {
  userId: number
  position: DueMissPosition
}

/** @returns compensations that are due, the oldest first. Locks nothing. */
export async function findDueCompensations(
  reader: Reader,
  { after, limit }: { after?: DueMissPosition | undefined; limit: number },
): Promise<DueCompensation[]> {
  const isAfter = after
    ? sql`AND due_at >= ${timeOf(after)} AND (due_at > ${timeOf(after)} OR sms_identifier > ${after.smsIdentifier}
        OR (sms_identifier = ${after.smsIdentifier} AND recipient_no > ${after.recipientNo}))`
    : sql``
  const { rows } = await sql<{ sms_identifier: Buffer; recipient_no: number; user_id: number; due_at: Date }>`
    SELECT sms_identifier, recipient_no, user_id, due_at FROM deadline_misses FORCE INDEX (idx_deadline_misses_due)
    WHERE due_at <= NOW(3) ${isAfter} ORDER BY due_at, sms_identifier, recipient_no LIMIT ${sql.lit(limit)}`.execute(
    reader,
  )
  return rows.map(({ sms_identifier: id, recipient_no: recipientNo, user_id: userId, due_at }) => ({
    ...{ smsIdentifier: identifierFromBytes(id), recipientNo, userId },
    position: { dueAt: due_at, smsIdentifier: id, recipientNo },
  }))
}

function timeOf({ dueAt }: DueMissPosition): string {
  return dateTime(dueAt.getTime())
}

/**
 * Writes what went back for misses, in the transaction that gave it back under the recipients' locks; 0 where nothing was left
 * of the price. A miss that another transaction has finished stays as it is.
 */
export async function markCompensated(
  tx: Tx,
  given: readonly (RecipientKey & { amount: number })[],
): Promise<void> {
  if (given.length === 0) return
  const values = given.map(({ smsIdentifier, recipientNo, amount }) => [
    ...[smsIdentifier.replaceAll('-', ''), recipientNo, amount],
  ])
  await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (sms_identifier CHAR(32) PATH '$[0]',
        recipient_no SMALLINT UNSIGNED PATH '$[1]', amount BIGINT PATH '$[2]')) given
      STRAIGHT_JOIN deadline_misses m FORCE INDEX (PRIMARY)
      ON m.sms_identifier = UNHEX(given.sms_identifier) AND m.recipient_no = given.recipient_no
    SET m.due_at = NULL, m.compensated_at = NOW(3), m.compensation = given.amount
    WHERE m.due_at IS NOT NULL`.execute(tx)
}
