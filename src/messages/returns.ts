import { sql } from 'kysely'
import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import type { Tx } from '../platform/db/index.ts'
import type { Charging } from '../primitives/charging.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { noteChanges } from './changes.ts'
import { returnedOf } from './moneyState.ts'
import { KEYS_MAX, inRanges, toRanges } from './recipients.ts'
import type { KeyRange, RecipientKey } from './recipients.ts'

/** A recipient as a return of its price finds it, under its lock. */
export interface PaidRecipient extends RecipientKey {
  userId: number
  status: SmsState
  deliveryStatus: DeliveryStatus | null
  /** In the smallest unit. */
  price: number
  returned: number
  charging: Charging
}

/** Locks recipients by key and in key order, as a claim does. */
export async function lockPaid(tx: Tx, ranges: KeyRange[]): Promise<PaidRecipient[]> {
  if (ranges.length === 0) return []
  const { rows } = await sql<{
    sms_identifier: Buffer
    recipient_no: number
    user_id: number
    status: SmsState
    delivery_status: DeliveryStatus | null
    price: number
    returned: number
    charging: Charging
  }>`
    SELECT sms_identifier, recipient_no, user_id, status, delivery_status, price, returned, charging
    FROM sms_status FORCE INDEX (PRIMARY)
    WHERE ${inRanges(ranges)}
    ORDER BY sms_identifier, recipient_no FOR UPDATE`.execute(tx)
  return rows.map(({ sms_identifier, recipient_no, user_id, delivery_status, ...row }) => ({
    ...{ smsIdentifier: identifierFromBytes(sms_identifier), recipientNo: recipient_no, userId: user_id },
    ...{ deliveryStatus: delivery_status, ...row },
  }))
}

/** @returns what may still go back. */
export function leftOf(row: PaidRecipient): number {
  return row.price - returnedOf({ ...row, delivery_status: row.deliveryStatus })
}

const ROWS_PER_UPDATE_MAX = KEYS_MAX - 1

/**
 * Writes, in the transaction of the ledger's entries, that all that was left of their prices goes back, so that a
 * recipient never gets back more than its price. updated_at stays: it is the time of a delivery.
 */
export async function markReturned(tx: Tx, rows: readonly PaidRecipient[]): Promise<void> {
  for (let start = 0; start < rows.length; start += ROWS_PER_UPDATE_MAX) {
    const some = rows.slice(start, start + ROWS_PER_UPDATE_MAX)
    const { numAffectedRows } = await sql`UPDATE sms_status FORCE INDEX (PRIMARY) SET returned = price
      WHERE ${inRanges(toRanges(some))} AND returned < price`.execute(tx)
    if (Number(numAffectedRows) !== some.length)
      throw new Error(`${some.length} recipients were to get their price back and ${numAffectedRows} got it`)
    await noteChanges(tx, some, { was: 'paid', became: 'returned' })
  }
}
