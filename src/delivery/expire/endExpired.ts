import type { Misses } from '../../deadlines/index.ts'
import { isFreeToEnd, isQuarantined, isTerminal, readExpired } from '../../messages/index.ts'
import type { ExpiryBounds, Recipient } from '../../messages/index.ts'
import { removeRows } from '../../outbox/index.ts'
import type { ReadRow } from '../../outbox/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import type { Effects } from '../effects.ts'
import { lockBalancesFirst, lockForClaim, lockFreeBalances, lockFreeOutboxRows } from '../lockOrder.ts'
import { expiredReasonOf } from '../withoutExpired.ts'
import { writeEffects } from '../writeEffects.ts'

/** When the time of a message is over; of both classes without a `type`. */
interface EndBounds extends ExpiryBounds {
  type?: MessageClass
}

/** What one transaction ended. */
export interface Ended {
  recipients: number
  /** In the smallest unit. */
  refunded: number
  /** Guarantees that had been missed. */
  misses: Misses
  /** Customers whose recipients are left, because their balances are locked elsewhere. */
  blocked: number[]
  /** Of the recipients that ended. */
  smsIdentifiers: string[]
}

/**
 * Ends the recipients of outbox rows whose time is over, with their refunds (invariant 3), except what a consumer has,
 * and removes rows that reference nothing else; may run again. It holds rows that others want, so it waits for no
 * balance, unless it is for one customer: then it waits for that balance first.
 */
export function endExpired(db: Db, outboxIds: string[], bounds: EndBounds, userId?: number): Promise<Ended> {
  return transact(db, 'delivery.expire', (tx) => run(tx, outboxIds, bounds, userId), {
    resolve: () => Promise.resolve(undefined),
    throwsLockTimeout: true,
  })
}

async function run(
  tx: Tx,
  outboxIds: string[],
  { type, validityMs, unknownSubmissionsMax }: EndBounds,
  userId: number | undefined,
): Promise<Ended> {
  const lockedFirst = userId === undefined ? undefined : await lockBalancesFirst(tx, [userId])
  const free = await lockFreeOutboxRows(tx, outboxIds)
  const locked = await lockForClaim(
    free.tx,
    free.rows.flatMap(({ ranges }) => ranges),
  )
  const identifiers = locked.rows.map(({ smsIdentifier }) => smsIdentifier)
  const expired = await readExpired(locked.tx, identifiers, validityMs)
  const over = locked.rows.filter(
    (row) =>
      expired.has(row.smsIdentifier) &&
      isFreeToEnd(row, unknownSubmissionsMax) &&
      (userId === undefined || row.userId === userId),
  )
  const refunded = over.filter((row) => refundOf(row) > 0).map((row) => row.userId)
  const balances = lockedFirst ?? (await lockFreeBalances(locked.tx, refunded))
  const ended = over.filter((row) => refundOf(row) === 0 || !balances.locked.has(row.userId))
  const misses = await writeEffects(
    locked.tx,
    ended.map((row) => ({ task: guaranteed(row, type), row, effects: effectsOf(row) })),
    balances,
  )
  await removeRows(locked.tx, finishedRows(free.rows, locked.rows, new Set(ended)))
  return {
    recipients: ended.length,
    refunded: ended.reduce((sum, row) => sum + refundOf(row), 0),
    misses,
    blocked: [...balances.locked],
    smsIdentifiers: [...new Set(ended.map(({ smsIdentifier }) => smsIdentifier))],
  }
}

/** Only express messages have a guarantee. */
function guaranteed(row: Recipient, type: MessageClass | undefined) {
  return type === 'normal' ? { ...row, guaranteedByMs: Infinity } : row
}

/** An owner whose lease is over may have submitted it. */
function effectsOf(row: Recipient): Effects {
  const possiblySent = row.possiblySent || row.status === 'sending'
  return {
    ...{ status: 'failed', provider: '', reason: expiredReasonOf({ possiblySent }), operatorMessageId: null },
    ...{ refund: refundOf(row), outbox: 'none', tried: true, possiblySent, unconfirmed: row.unconfirmed },
    endsQuarantine: false,
  }
}

function refundOf({ price, returned }: Recipient): number {
  return price - returned
}

/** The rows that reference no unfinished recipient any more (invariant 4). */
function finishedRows(rows: ReadRow[], recipients: Recipient[], ended: ReadonlySet<Recipient>): string[] {
  const open = recipients.filter((row) => !ended.has(row) && !isTerminal(row.status) && !isQuarantined(row))
  const references = new Set(open.map(({ reference }) => reference))
  const hasOpen = ({ smsIdentifier, first, last }: ReadRow['ranges'][number]) => {
    for (let no = first; no <= last; no++) if (references.has(`${smsIdentifier}:${no}`)) return true
    return false
  }
  return rows.filter(({ ranges }) => !ranges.some(hasOpen)).map(({ outboxId }) => outboxId)
}
