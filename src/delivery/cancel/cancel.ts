import { sql } from 'kysely'
import type { SmsState } from '../../../db/schema.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { cancelWaiting } from './cancelWaiting.ts'

/** A message as a cancellation left it. A repeat finds the same and gets the same answer. */
export interface Cancellation {
  /** The recipients by status. */
  counts: Record<SmsState, number>
  /** What cancelled recipients got back in all, in the smallest unit. */
  refunded: number
  /** Recipients that this call cancelled. */
  cancelledNow: number
}

export interface MessageKey {
  userId: number
  smsIdentifier: string
}

/**
 * Cancels the recipients of a message that no operator can have: they are scheduled, or wait for their first
 * attempt or for one after a result that excludes a hand-over. A claim locks the same rows, so that a recipient is either
 * cancelled and refunded or sent, in merged envelopes as well (invariant 3). May run again after a lost COMMIT.
 * @returns undefined for a message that this customer did not send. @throws Unavailable.
 */
export function cancel(
  { db }: { db: Db },
  { userId, smsIdentifier }: MessageKey,
): Promise<Cancellation | undefined> {
  return transact(
    db,
    'delivery.cancel',
    async (tx) => {
      const recipients = await countRecipients(tx, userId, smsIdentifier)
      if (recipients === undefined) return undefined
      // Without a lock: what does not wait now may wait again, and a repeat cancels it.
      const before = await summarize(tx, smsIdentifier)
      if (before.counts.pending === 0) return { ...before, cancelledNow: 0 }
      const cancelledNow = await cancelWaiting(tx, userId, [{ smsIdentifier, recipients }])
      return { ...(await summarize(tx, smsIdentifier)), cancelledNow }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

async function summarize(tx: Tx, smsIdentifier: string): Promise<Pick<Cancellation, 'counts' | 'refunded'>> {
  const { rows } = await sql<{ status: SmsState; recipients: number; price: number | string }>`
    SELECT status, COUNT(*) AS recipients, SUM(price) AS price FROM sms_status
    WHERE sms_identifier = ${identifierToBytes(smsIdentifier)} GROUP BY status`.execute(tx)
  const counts = { pending: 0, sending: 0, done: 0, failed: 0, cancelled: 0 }
  let refunded = 0
  for (const { status, recipients, price } of rows) {
    counts[status] = Number(recipients)
    if (status === 'cancelled') refunded = Number(price)
  }
  return { counts, refunded }
}

async function countRecipients(tx: Tx, userId: number, smsIdentifier: string): Promise<number | undefined> {
  const row = await tx
    .selectFrom('sms_requests')
    .select('recipients')
    .where('sms_identifier', '=', identifierToBytes(smsIdentifier))
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.recipients
}
