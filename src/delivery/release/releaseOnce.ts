import { findDueHolds } from '../../holds/index.ts'
import type { DueHold, DuePosition } from '../../holds/index.ts'
import type { PaidRecipient } from '../../messages/index.ts'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { returnDue } from '../returnDue.ts'
import type { GivenBack, WantedReturn } from '../returnPrices.ts'

/** Why a price that was held until the delivery goes back. */
export const RELEASE_CAUSES = ['undelivered', 'no_receipt'] as const
type ReleaseCause = (typeof RELEASE_CAUSES)[number]

/** What one round did. */
export interface Released {
  /** Recipients by why their prices went back. */
  recipients: Record<ReleaseCause, number>
  /** In the smallest unit. */
  amount: number
  /** Where the next round goes on; undefined at the end of a pass. */
  next: DuePosition | undefined
}

/** Of one transaction, which customers' balances wait for. */
const HOLDS_MAX = 500

/**
 * Releases prices that were held until a delivery which has not come: an operator said so, or nothing in time. Any number
 * of relays may do so.
 */
export async function releaseOnce(
  db: Db,
  after?: DuePosition,
  { holdsMax = HOLDS_MAX } = {},
): Promise<Released> {
  const due = await read(db, 'delivery.find_releases', (reader) =>
    findDueHolds(reader, { after, limit: holdsMax }),
  )
  const next = due.length < holdsMax ? undefined : due.at(-1)?.position
  const released: Released = { recipients: { undelivered: 0, no_receipt: 0 }, amount: 0, next }
  await returnDue({
    ...{ db, operation: 'delivery.release', wanted: due.map(toWanted), isDue },
    onReturned: (returned) => add(released, returned),
  })
  return released
}

/** Its time was over when it was found. Only a receipt may have come since. */
function isDue({ charging, status, deliveryStatus }: PaidRecipient): boolean {
  return charging === 'delivery' && status === 'done' && deliveryStatus !== 'delivered'
}

function toWanted({ smsIdentifier, recipientNo, userId }: DueHold): WantedReturn {
  const reason = (row: PaidRecipient) =>
    causeOf(row) === 'undelivered' ? 'not delivered' : 'no receipt in time'
  return { smsIdentifier, recipientNo, userId, type: 'release', reason }
}

function causeOf({ deliveryStatus }: PaidRecipient): ReleaseCause {
  return deliveryStatus === 'undelivered' ? 'undelivered' : 'no_receipt'
}

function add(released: Released, { given, rows }: GivenBack): void {
  for (const row of rows) released.recipients[causeOf(row)]++
  released.amount += given.reduce((sum, { amount }) => sum + amount, 0)
}
