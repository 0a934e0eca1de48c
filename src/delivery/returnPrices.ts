import { removeHolds } from '../holds/index.ts'
import { proposeReturns, writeAccounts } from '../ledger/index.ts'
import type { Return } from '../ledger/index.ts'
import { leftOf, markReturned, referenceOf, toRanges } from '../messages/index.ts'
import type { PaidRecipient } from '../messages/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { lockBalancesFirst, lockForReturn, lockFreeBalancesFirst } from './lockOrder.ts'

/** One recipient whose price is to go back, whatever its state. */
export interface WantedReturn extends Omit<Return, 'amount' | 'reason'> {
  /** For the ledger, from the recipient under its lock where it depends on that. */
  reason: string | ((row: PaidRecipient) => string)
}

export interface ReturnOptions {
  /** Decides from the recipient as it stands under its lock. */
  isDue: (row: PaidRecipient) => boolean
  /** Whether a locked balance is waited for: then call it for one customer. */
  waits: boolean
}

/** The result of each return that was wanted. */
export interface GivenBack {
  given: Return[]
  /** The recipients of `given` as they were, by position. */
  rows: PaidRecipient[]
  /** Nothing was left of the price, or it was not due: nothing is changed. */
  kept: WantedReturn[]
  /** The customer's balance is locked elsewhere; nothing is changed yet. */
  blocked: WantedReturn[]
}

/** Of one transaction, which customers' balances wait for. */
export const RETURNS_MAX = 1_000

/**
 * Gives back what is left of recipients' prices: the ledger's entries, the rows, their holds and the notes for reports, in a
 * transaction that has locked nothing before. What has gone back already is not left, so that it may run again.
 * @throws LockTimeout through transact() when it waits for a balance in vain.
 */
export async function returnPrices(
  tx: Tx,
  wanted: readonly WantedReturn[],
  { isDue, waits }: ReturnOptions,
): Promise<GivenBack> {
  if (wanted.length > RETURNS_MAX) throw new RangeError(`${wanted.length} returns in one transaction`)
  const lock = waits ? lockBalancesFirst : lockFreeBalancesFirst
  const balances = await lock(
    tx,
    wanted.map(({ userId }) => userId),
  )
  const free = wanted.filter(({ userId }) => !balances.locked.has(userId))
  const locked = await lockForReturn(tx, toRanges(free))
  const due = new Map(
    locked.rows
      .filter((row) => leftOf(row) > 0 && balances.accounts.has(row.userId) && isDue(row))
      .map((row) => [referenceOf(row), row]),
  )
  const given: Return[] = []
  const kept: WantedReturn[] = []
  const rows: PaidRecipient[] = []
  for (const one of free) {
    const reference = referenceOf(one)
    const row = due.get(reference)
    // Of a recipient that is named twice the first return takes all.
    due.delete(reference)
    if (row?.userId === one.userId) {
      const reason = typeof one.reason === 'string' ? one.reason : one.reason(row)
      given.push({ ...one, reason, amount: leftOf(row) })
      rows.push(row)
    } else kept.push(one)
  }
  proposeReturns(balances.accounts, given)
  await writeAccounts(locked.tx, balances.accounts.values())
  await markReturned(locked.tx, rows)
  await removeHolds(
    locked.tx,
    rows.filter(({ charging }) => charging !== 'acceptance'),
  )
  return { given, rows, kept, blocked: wanted.filter(({ userId }) => balances.locked.has(userId)) }
}
