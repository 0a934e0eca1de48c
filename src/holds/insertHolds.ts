import { sql } from 'kysely'
import { insertRows } from '../platform/db/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'

/** The price of an accepted recipient, until it is captured or given back. */
export interface NewHold {
  smsIdentifier: string
  recipientNo: number
  userId: number
  /** In the smallest unit. */
  price: number
  /** How long a receipt may take after the hand-over; null: the hand-over captures it. */
  receiptWaitSeconds: number | null
}

/** In the transaction that inserts the recipients. */
export function insertHolds(tx: Tx, holds: readonly NewHold[]): Promise<void> {
  return insertRows(
    tx,
    sql`INSERT INTO holds (sms_identifier, recipient_no, user_id, price, receipt_wait_seconds)`,
    holds.map(({ smsIdentifier, recipientNo, userId, price, receiptWaitSeconds }) => [
      ...[identifierToBytes(smsIdentifier), recipientNo, userId, price, receiptWaitSeconds],
    ]),
  )
}
