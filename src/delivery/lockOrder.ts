import { lockAccounts, lockFreeAccounts } from '../ledger/index.ts'
import type { Account } from '../ledger/index.ts'
import { lockDeliveryRows, lockPaid, lockRecipients, lockStates } from '../messages/index.ts'
import type { DeliveryRow, KeyRange, PaidRecipient, Recipient, RecipientState } from '../messages/index.ts'
import { lockFreeRows, lockRows } from '../outbox/index.ts'
import type { ReadRow } from '../outbox/index.ts'
import type { Tx } from '../platform/db/index.ts'

/**
 * The lock order of delivery: outbox rows, then recipients; balances before them, which are waited for, or after them,
 * and then only free ones are taken. Each step's type admits only the step that may follow.
 */
declare const locked: unique symbol

type NothingLocked = Tx & { readonly [locked]?: never }
type RowsLocked = Tx & { readonly [locked]: 'rows' }
/** Everything that a writer of recipients and outbox rows needs is locked. */
export type RecipientsLocked = Tx & { readonly [locked]: 'recipients' }

export interface LockedBalances {
  accounts: Map<number, Account>
  /** Customers whose balances are locked elsewhere. */
  locked: ReadonlySet<number>
}

/** May wait: nothing else is locked yet, so nothing waits for this transaction. */
export async function lockBalancesFirst(tx: NothingLocked, userIds: number[]): Promise<LockedBalances> {
  return { accounts: await lockAccounts(tx, userIds), locked: new Set() }
}

/** Waits for none, so that one locked balance delays no other customer. */
export async function lockFreeBalancesFirst(tx: NothingLocked, userIds: number[]): Promise<LockedBalances> {
  return lockFreeAccounts(tx, userIds)
}

export async function lockOutboxRows(tx: NothingLocked, outboxIds: string[]): Promise<RowsLocked> {
  await lockRows(tx, outboxIds)
  return tx as Tx as RowsLocked
}

/** Rows that no other session locks, with what they reference. */
export async function lockFreeOutboxRows(
  tx: NothingLocked,
  outboxIds: string[],
): Promise<{ tx: RowsLocked; rows: ReadRow[] }> {
  return { rows: await lockFreeRows(tx, outboxIds), tx: tx as Tx as RowsLocked }
}

/** All columns, for a claim. */
export async function lockForClaim(
  tx: RowsLocked,
  ranges: KeyRange[],
): Promise<{ tx: RecipientsLocked; rows: Recipient[] }> {
  return { rows: await lockRecipients(tx, joinRanges(ranges)), tx: tx as Tx as RecipientsLocked }
}

/** Status and owner, for a settlement: half the cost. */
export async function lockForSettlement(
  tx: RowsLocked,
  ranges: KeyRange[],
): Promise<{ tx: RecipientsLocked; rows: RecipientState[] }> {
  return { rows: await lockStates(tx, joinRanges(ranges)), tx: tx as Tx as RecipientsLocked }
}

/** What a receipt decides by. */
export async function lockForReceipts(
  tx: RowsLocked,
  ranges: KeyRange[],
): Promise<{ tx: RecipientsLocked; rows: DeliveryRow[] }> {
  return { rows: await lockDeliveryRows(tx, joinRanges(ranges)), tx: tx as Tx as RecipientsLocked }
}

/** What a return of its price decides by. No outbox row is needed for it. */
export async function lockForReturn(
  tx: NothingLocked,
  ranges: KeyRange[],
): Promise<{ tx: RecipientsLocked; rows: PaidRecipient[] }> {
  return { rows: await lockPaid(tx, joinRanges(ranges)), tx: tx as Tx as RecipientsLocked }
}

/** Waits for none, because other transactions wait for the rows of this one. */
export async function lockFreeBalances(tx: RecipientsLocked, userIds: number[]): Promise<LockedBalances> {
  if (userIds.length === 0) return { accounts: new Map(), locked: new Set() }
  return lockFreeAccounts(tx, userIds)
}

/** The same recipients in key order, each named once. */
function joinRanges(ranges: KeyRange[]): KeyRange[] {
  const joined: KeyRange[] = []
  for (const { smsIdentifier, first, last } of ranges.toSorted(compareRanges)) {
    const before = joined.at(-1)
    if (before?.smsIdentifier === smsIdentifier && first <= before.last + 1)
      before.last = Math.max(before.last, last)
    else joined.push({ smsIdentifier, first, last })
  }
  return joined
}

function compareRanges(a: KeyRange, b: KeyRange): number {
  if (a.smsIdentifier === b.smsIdentifier) return a.first - b.first
  return a.smsIdentifier < b.smsIdentifier ? -1 : 1
}
