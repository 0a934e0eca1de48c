import { sql } from 'kysely'
import type { SmsState } from '../../../db/schema.ts'
import { isTerminal } from '../../messages/index.ts'
import type { Recipient } from '../../messages/index.ts'
import { lockOwnRows, removeRows } from '../../outbox/index.ts'
import type { OwnRow } from '../../outbox/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import type { Effects } from '../effects.ts'
import { lockBalancesFirst, lockForClaim, lockOutboxRows } from '../lockOrder.ts'
import { writeEffects } from '../writeEffects.ts'

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

const REASON = 'cancelled'

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
      const balances = await lockBalancesFirst(tx, [userId])
      const ownRows = await lockOwnRows(tx, { userId, smsIdentifier })
      const locked = await lockForClaim(await lockOutboxRows(tx, []), [
        { smsIdentifier, first: 1, last: recipients },
      ])
      const cancelled = locked.rows.filter(isCancellable)
      await writeEffects(
        locked.tx,
        cancelled.map((row) => ({ task: row, row, effects: effectsOf(row) })),
        balances,
      )
      const now = new Set(cancelled)
      const rows = locked.rows.map((row) => (now.has(row) ? { ...row, status: 'cancelled' as const } : row))
      await removeRows(tx, finishedRows(ownRows, rows))
      return { ...(await summarize(tx, smsIdentifier)), cancelledNow: cancelled.length }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** A pending recipient with an unconfirmed submission may be at an operator. */
function isCancellable({ status, possiblySent, unconfirmed }: Recipient): boolean {
  return status === 'pending' && !possiblySent && unconfirmed === 0
}

function effectsOf(row: Recipient): Effects {
  return {
    ...{ status: 'cancelled', provider: '', reason: REASON, operatorMessageId: null, refund: row.price },
    ...{ outbox: 'none', tried: false, possiblySent: false, unconfirmed: 0, endsQuarantine: false },
  }
}

/** Outbox rows of which every recipient is finished. A claim removes merged rows and rows that another session locks. */
function finishedRows(ownRows: OwnRow[], rows: Recipient[]): string[] {
  const open = new Set(rows.filter(({ status }) => !isTerminal(status)).map(({ recipientNo }) => recipientNo))
  const hasOpen = ({ first, last }: { first: number; last: number }) => {
    for (let no = first; no <= last; no++) if (open.has(no)) return true
    return false
  }
  return ownRows.filter(({ ranges }) => !ranges.some(hasOpen)).map(({ outboxId }) => outboxId)
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
