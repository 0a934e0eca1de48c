import { sql } from 'kysely'
import type { SmsState } from '../../../db/schema.ts'
import { listBulkMessages, stopBulk } from '../../messages/index.ts'
import type { BulkKey, BulkMessage, StoppedBulk } from '../../messages/index.ts'
import { read, transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { lockBalancesFirst } from '../lockOrder.ts'
import type { CancelContext, Cancellation } from './cancel.ts'
import { CancelInterrupted } from './cancelInterrupted.ts'
import { cancelWaiting } from './cancelWaiting.ts'
import { recordCancellation } from './traceCancellation.ts'

/** A bulk as a cancellation left it; counts are of recipients. */
export interface BulkCancellation extends Cancellation, StoppedBulk {
  /** Messages with a cancelled recipient. */
  messages: number
}

/** Of one transaction: some 100 ms for which the customer's balance is locked. */
const MESSAGES_MAX = 200
const RECIPIENTS_MAX = 2_000

/**
 * Cancels what still waits of a bulk, in bounded transactions, each message as cancel does; a repeat cancels what a
 * fault left out. The bulk is stopped first, so that no message is accepted after they are listed.
 * @returns undefined for a bulk that this customer did not send. @throws Unavailable when nothing was changed, else
 * CancelInterrupted or CommitUnknown.
 */
export async function cancelBulk(
  { db, requestedBy }: CancelContext,
  key: BulkKey,
): Promise<BulkCancellation | undefined> {
  const stopped = await stop(db, key)
  if (!stopped) return undefined
  let { isStopped: isChanged } = stopped
  try {
    const messages = await listBulkMessages(db, key)
    let cancelledNow = 0
    for (const batch of inBatches(messages.filter(({ hasPending }) => hasPending))) {
      const startMs = performance.now()
      const cancelBatch = (tx: Tx) => cancelWaiting(tx, key.userId, batch)
      const { recipients, traced } = await transact(db, 'delivery.cancel_bulk', cancelBatch, {
        resolve: () => Promise.resolve(undefined),
      })
      recordCancellation(traced, requestedBy, performance.now() - startMs)
      cancelledNow += recipients
      isChanged ||= cancelledNow > 0
    }
    return { ...(await summarize(db, key.bulkId)), ...stopped, cancelledNow }
  } catch (error) {
    throw isChanged && error instanceof Unavailable ? new CancelInterrupted(error) : error
  }
}

/** A part that is decided after this one has the balance finds the mark. */
function stop(db: Db, key: BulkKey): Promise<StoppedBulk | undefined> {
  return transact(
    db,
    'delivery.stop_bulk',
    async (tx) => {
      await lockBalancesFirst(tx, [key.userId])
      return stopBulk(tx, key)
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** A message with more recipients is a batch by itself. */
function inBatches(messages: BulkMessage[]): BulkMessage[][] {
  const batches: BulkMessage[][] = []
  let recipients = Infinity
  for (const message of messages) {
    recipients += message.recipients
    const last = batches.at(-1)
    if (last && last.length < MESSAGES_MAX && recipients <= RECIPIENTS_MAX) last.push(message)
    else {
      batches.push([message])
      recipients = message.recipients
    }
  }
  return batches
}

async function summarize(
  db: Db,
  bulkId: string,
): Promise<Omit<BulkCancellation, 'cancelledNow' | 'isStopped'>> {
  const rows = await read(db, 'delivery.summarize_bulk', async (reader) => {
    const result = await sql<{
      status: SmsState
      recipients: number
      messages: number
      price: number | string
    }>`
      SELECT s.status, COUNT(*) AS recipients, COUNT(DISTINCT m.message_index) AS messages, SUM(s.price) AS price
      FROM bulk_messages m FORCE INDEX (PRIMARY)
        STRAIGHT_JOIN sms_status s FORCE INDEX (PRIMARY) ON s.sms_identifier = m.sms_identifier
      WHERE m.bulk_id = ${identifierToBytes(bulkId)} GROUP BY s.status`.execute(reader)
    return result.rows
  })
  const counts = { pending: 0, sending: 0, done: 0, failed: 0, cancelled: 0 }
  for (const { status, recipients } of rows) counts[status] = Number(recipients)
  const cancelled = rows.find(({ status }) => status === 'cancelled')
  return { counts, refunded: Number(cancelled?.price ?? 0), messages: Number(cancelled?.messages ?? 0) }
}
