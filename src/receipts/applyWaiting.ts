import type { DeliveryStatus, ReceiptState } from '../../db/schema.ts'
import type { Misses } from '../deadlines/index.ts'
import { applyReceipts } from '../delivery/index.ts'
import { readTraces, referenceOf } from '../messages/index.ts'
import type { RecipientKey } from '../messages/index.ts'
import { encodeReceipt } from '../operators/index.ts'
import type { PriceOf, Receipt } from '../operators/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import type { Traced } from '../primitives/traceparent.ts'
import { causeOf, reasonOf } from './causes.ts'
import { matchReceipts } from './matchReceipts.ts'
import { lockInOrder } from './lockInOrder.ts'
import type { ReadReceipt } from './lockInOrder.ts'
import type { ReceiptSources } from './readStored.ts'
import { recordReceipts } from './record.ts'
import type { StoredReceipt } from './types.ts'
import { insertWaiting, markOrphans, postponeWaiting, removeWaiting } from './waiting.ts'
import { waitKeyOf } from './waitKeys.ts'

export interface ApplyContext {
  db: Db
  newId: () => string
  sources: ReceiptSources
  /** What an operator charges for a part. */
  priceOf?: ((operator: string) => PriceOf) | undefined
}

/** The results of the receipts of one transaction. */
export interface AppliedWaiting {
  /** Rows that were worked on; others are another session's. */
  rows: number
  matched: MatchedWaiting[]
  /** Rows that nothing can be read of: they are listed. */
  unreadable: StoredReceipt[]
  /** Receipts that matched nothing: they wait, or are listed after a day. */
  unmatched: { operator: string }[]
  /** How many of those are listed from now. */
  orphans: number
  /** Recipients that got their delivery status. */
  decided: { userId: number; recipient: string; operator: string; status: DeliveryStatus }[]
  /** Unfinished recipients that a receipt ended as done. */
  proven: number
  /** Of these, after their guarantees. */
  misses: Misses
  /** Deliveries that were reported after the price was released. */
  late: number
}

export interface MatchedWaiting {
  operator: string
  state: ReceiptState
  /** Since it was received. */
  ageMs: number
  /** The trace of its message, where that is recorded. */
  traced: Traced | undefined
}

/** One receipt of a stored row. */
interface Item {
  stored: StoredReceipt
  receipt: Receipt
  /** The row carries no other. */
  isAlone: boolean
}

type MatchedItem = Item & { key: RecipientKey; partNo: number | null; state: ReceiptState }
type UnmatchedItem = Item & { reason: string }

const NOT_THEIRS = 'matches a message that this operator cannot have, or not yet'

/**
 * Applies stored receipts in one transaction, which may run again after a lost COMMIT: matches them, gives recipients
 * their delivery status, and moves what matched beside its recipient. The rest waits, for a day at most.
 */
export function applyWaiting(context: ApplyContext, ids: string[]): Promise<AppliedWaiting> {
  return transact(context.db, 'receipts.apply', (tx) => apply(tx, context, ids), {
    resolve: () => Promise.resolve(undefined),
  })
}

async function apply(tx: Tx, context: ApplyContext, ids: string[]): Promise<AppliedWaiting> {
  const stored = await lockInOrder(tx, ids, context.sources)
  const { items, unreadable } = readAll(stored)
  for (const { row, fault } of unreadable) await markOrphans(tx, [row.id], fault)
  const { matched, unmatched, ...applied } = await applyItems(tx, items, context)
  await record(tx, matched, context)
  const orphans = await keepUnmatched(tx, unmatched, context.newId)
  const waiting = new Set(unmatched.filter(({ isAlone }) => isAlone).map((item) => item.stored.id))
  const done = new Set(items.map((item) => item.stored.id).filter((id) => !waiting.has(id)))
  await removeWaiting(tx, [...done])
  const traces = await readTraces(
    tx,
    matched.map(({ key }) => key.smsIdentifier),
  )
  return {
    rows: stored.length,
    matched: matched.map(({ stored: { operator, ageMs }, state, key }) => {
      return { operator, state, ageMs, traced: traces.get(key.smsIdentifier) }
    }),
    unreadable: unreadable.map(({ row }) => row),
    unmatched: unmatched.map(({ stored: { operator } }) => ({ operator })),
    ...{ orphans, ...applied },
  }
}

function readAll(stored: ReadReceipt[]) {
  const items: Item[] = []
  const unreadable: { row: StoredReceipt; fault: string }[] = []
  for (const { row, content } of stored) {
    if ('fault' in content) unreadable.push({ row, fault: content.fault })
    else
      for (const receipt of content.receipts)
        items.push({ stored: row, receipt, isAlone: content.receipts.length === 1 })
  }
  return { items, unreadable }
}

async function applyItems(
  tx: Tx,
  items: Item[],
  { sources, priceOf }: ApplyContext,
): Promise<
  Pick<AppliedWaiting, 'decided' | 'proven' | 'misses' | 'late'> & {
    matched: MatchedItem[]
    unmatched: UnmatchedItem[]
  }
> {
  const sought = items.map(({ stored: { operator, ageMs }, receipt }) => ({ operator, receipt, ageMs }))
  const matches = await matchReceipts(tx, sought)
  const found: { item: Item; key: RecipientKey; partNo: number | null }[] = []
  const unmatched: UnmatchedItem[] = []
  items.forEach((item, position) => {
    const match = matches[position] ?? { fault: '' }
    if ('fault' in match) return unmatched.push({ ...item, reason: match.fault })
    const { smsIdentifier, recipientNo } = match
    const partNo = sources(item.stored.operator).onePerMessage ? null : match.partNo
    return found.push({ item, key: { smsIdentifier, recipientNo }, partNo })
  })
  const { states, ...applied } = await applyReceipts(
    tx,
    found.map(
      ({
        item: {
          stored: { operator },
          receipt,
        },
        key,
        partNo,
      }) => {
        return {
          ...key,
          operator,
          verdict: receipt.verdict,
          reason: reasonOf(receipt, sources(operator)),
          partNo,
        }
      },
    ),
    priceOf,
  )
  const matched: MatchedItem[] = []
  found.forEach(({ item, key, partNo }, position) => {
    const state = states[position] ?? 'unmatched'
    if (state === 'unmatched') unmatched.push({ ...item, reason: NOT_THEIRS })
    else matched.push({ ...item, key, partNo, state })
  })
  // Of several operators' receipts of one recipient, the one that decided it was applied first.
  const deciders = new Map<string, string>()
  for (const { key, state, receipt, stored } of matched) {
    const outcome = `${referenceOf(key)} ${receipt.verdict}`
    if (state === 'applied' && !deciders.has(outcome)) deciders.set(outcome, stored.operator)
  }
  const byOperator = applied.decided.map((each) => {
    return { ...each, operator: deciders.get(`${referenceOf(each)} ${each.status}`) ?? '' }
  })
  return { matched, unmatched, ...applied, decided: byOperator }
}

async function record(tx: Tx, matched: MatchedItem[], { newId, sources }: ApplyContext): Promise<void> {
  await recordReceipts(
    tx,
    matched.map(({ stored, receipt, isAlone, key, partNo, state }) => ({
      ...key,
      id: isAlone ? stored.id : newId(),
      operator: stored.operator,
      state,
      verdict: receipt.verdict,
      partNo,
      code: receipt.code,
      cause: causeOf(receipt, sources(stored.operator)),
      raw: isAlone ? stored.raw : encodeReceipt(receipt),
      doneAt: receipt.doneAt,
      receivedAt: stored.receivedAt,
    })),
  )
}

/** Of a row with several receipts each gets a row of its own, which is due at once. @returns how many are orphans now. */
async function keepUnmatched(tx: Tx, unmatched: UnmatchedItem[], newId: () => string): Promise<number> {
  const split = unmatched.filter(({ isAlone }) => !isAlone)
  await insertWaiting(
    tx,
    split.map(({ stored: { operator, receivedAt }, receipt }) => {
      return { id: newId(), operator, protocol: 'chapar-http', raw: encodeReceipt(receipt), receivedAt }
    }),
  )
  const alone = unmatched.filter(({ isAlone }) => isAlone)
  let orphans = 0
  for (const [reason, group] of Map.groupBy(alone, (item) => item.reason)) {
    const postponed = group.map(({ stored, receipt }) => ({ id: stored.id, key: waitKeyOf(receipt) }))
    orphans += await postponeWaiting(tx, postponed, reason)
  }
  return orphans
}
