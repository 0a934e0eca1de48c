import {
  lockDeliveryRows,
  lockRecipients,
  markCancelled,
  markDeliveries,
  markDone,
  markFailed,
  markSending,
  quarantine,
} from '../../src/messages/index.ts'
import type { KeyRange, Recipient } from '../../src/messages/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'

/** The possible results of recipients, each as the transactions of the engine write it. */
export type Ending = 'done' | 'failed' | 'cancelled' | 'delivered' | 'undelivered' | 'quarantined'

const OWNER = 'abcdef0123456789'

/** Writes the results of recipients in one transaction. */
export function settle(db: Db, ranges: KeyRange[], ...endings: Ending[]): Promise<void> {
  return transact(db, 'test.settle', async (tx) => {
    for (const ending of endings) await settleIn(tx, ranges, ending)
  })
}

export async function settleIn(tx: Tx, ranges: KeyRange[], ending: Ending): Promise<void> {
  if (ending === 'delivered' || ending === 'undelivered') {
    const rows = await lockDeliveryRows(tx, ranges)
    return markDeliveries(
      tx,
      rows.map(({ smsIdentifier, recipientNo }) => ({
        ...{ smsIdentifier, recipientNo, status: ending, reason: 'absent' },
      })),
    )
  }
  const rows = await lockRecipients(tx, ranges)
  if (ending === 'cancelled') return markCancelled(tx, rows)
  const sending = rows.map((row): Recipient => ({ ...row, status: 'sending' }))
  await markSending(tx, rows, { owner: OWNER, leaseSeconds: 10 })
  if (ending === 'quarantined') return quarantine(tx, sending, 'a test')
  if (ending === 'done')
    return markDone(tx, sending, {
      provider: 'operator_a',
      costs: sending.map(({ recipientNo }) => (recipientNo % 3 ? recipientNo : null)),
    })
  await markFailed(
    tx,
    sending.map((row) => ({ row, provider: 'operator_b', reason: 'no', possiblySent: false })),
  )
}

/** All recipients of a message. */
export function allOf(smsIdentifier: string, recipients: number): KeyRange[] {
  return [{ smsIdentifier, first: 1, last: recipients }]
}
