import { sql } from 'kysely'
import type { SmsState } from '../../../db/schema.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import type { Traced } from '../../primitives/traceparent.ts'
import { cancelWaiting } from './cancelWaiting.ts'
import { recordCancellation } from './traceCancellation.ts'

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

/** What a cancellation needs. */
export interface CancelContext {
  db: Db
  /** The span of the request that asked for it. */
  requestedBy?: string | undefined
}

/**
 * Cancels the recipients of a message that no operator can have: scheduled ones, and ones that wait for their first
 * attempt or for one after a result that excludes a hand-over; may run again after a lost COMMIT. A claim locks the
 * same rows, so that a recipient is either cancelled and refunded or sent, in merged envelopes as well (invariant 3).
 * @returns undefined for a message that this customer did not send. @throws Unavailable.
 */
export async function cancel(
  { db, requestedBy }: CancelContext,
  { userId, smsIdentifier }: MessageKey,
): Promise<Cancellation | undefined> {
  const startMs = performance.now()
  let traced: Traced[] = []
  const cancellation = await transact(
    db,
    'delivery.cancel',
    async (tx) => {
      const recipients = await countRecipients(tx, userId, smsIdentifier)
      if (recipients === undefined) return undefined
      // Without a lock: what does not wait now may wait again, and a repeat cancels it.
      const before = await summarize(tx, smsIdentifier)
      if (before.counts.pending === 0) return { ...before, cancelledNow: 0 }
      const now = await cancelWaiting(tx, userId, [{ smsIdentifier, recipients }])
      traced = now.traced
      return { ...(await summarize(tx, smsIdentifier)), cancelledNow: now.recipients }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
  recordCancellation(traced, requestedBy, performance.now() - startMs)
  return cancellation
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
