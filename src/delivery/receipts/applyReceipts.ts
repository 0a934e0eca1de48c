import type { ReceiptState } from '../../../db/schema.ts'
import { NO_MISSES } from '../../deadlines/index.ts'
import type { Misses } from '../../deadlines/index.ts'
import { appendEvents } from '../../events/index.ts'
import type { EventChange } from '../../events/index.ts'
import { makeReleaseDue, removeHolds } from '../../holds/index.ts'
import { lockRemoved } from '../../history/index.ts'
import {
  hasUnfinished,
  isQuarantined,
  isTerminal,
  markDeliveries,
  markParts,
  readDeliveryRows,
  readParts,
  referenceOf,
  toRanges,
} from '../../messages/index.ts'
import type { DeliveryOutcome, DeliveryRow, RecipientKey } from '../../messages/index.ts'
import { lockOwnRows, removeRows } from '../../outbox/index.ts'
import type { OwnRow } from '../../outbox/index.ts'
import type { PriceOf } from '../../operators/index.ts'
import type { Tx } from '../../platform/db/index.ts'
import { madeAtMs } from '../../primitives/identifier.ts'
import { costOf } from '../effects.ts'
import type { Effects } from '../effects.ts'
import { lockForReceipts, lockOutboxRows } from '../lockOrder.ts'
import type { RecipientsLocked } from '../lockOrder.ts'
import { writeEffects } from '../writeEffects.ts'
import { decideReceipt, startState } from './decideReceipt.ts'
import type { DeliveryState, MatchedReceipt } from './decideReceipt.ts'

export interface AppliedReceipts {
  /** What each receipt came to, by position. `unmatched`: nothing was changed, and it may match later. */
  states: (ReceiptState | 'unmatched')[]
  /** Recipients that got their delivery status, with their customer. */
  decided: (DeliveryOutcome & { userId: number; recipient: string })[]
  /** Unfinished recipients that ended as done. */
  proven: number
  /** Of these, after their guarantees. */
  misses: Misses
  /** Deliveries that were reported after the price was released. */
  late: number
}

/** Below the shortest time for which messages are kept, so that receipts of younger ones cost nothing more. */
const REMOVED_FROM_MS = 30 * 86_400_000

/**
 * Applies receipts of one transaction, some thousands at most, in order: a recipient gets a delivery status at most
 * once, and no money moves. An unfinished recipient that an operator may have ends as done, with its quarantine, and
 * its outbox row goes with the last of it.
 * @param priceOf what an operator charges for a part: its acceptance may become known here.
 */
export async function applyReceipts(
  tx: Tx,
  receipts: MatchedReceipt[],
  priceOf: (operator: string) => PriceOf = () => () => null,
): Promise<AppliedReceipts> {
  if (receipts.length === 0) return { states: [], decided: [], proven: 0, misses: NO_MISSES, late: 0 }
  const kept = await findKept(tx, receipts)
  const before = await readDeliveryRows(tx, distinct(kept))
  const ownRows = await lockRowsOf(tx, before.filter(isOpen))
  const outboxLocked = await lockOutboxRows(tx, [])
  const locked = await lockForReceipts(outboxLocked, toRanges(distinct(kept)))
  const states = await statesOf(locked.tx, locked.rows, kept)
  const results = receipts.map((receipt) => {
    const state = states.get(referenceOf(receipt))
    return state ? decideReceipt(receipt, state) : 'unmatched'
  })
  const written = await write(locked.tx, [...states.values()], ownRows, priceOf)
  return { states: results, ...written, late: countLate(receipts, results, states) }
}

/** @returns those whose messages are not about to be removed: nothing changes these any more. */
async function findKept(tx: Tx, receipts: MatchedReceipt[]): Promise<MatchedReceipt[]> {
  const isOld = ({ smsIdentifier }: MatchedReceipt) => madeAtMs(smsIdentifier) < Date.now() - REMOVED_FROM_MS
  if (!receipts.some(isOld)) return receipts
  const removed = await lockRemoved(tx)
  return removed === null ? receipts : receipts.filter(({ smsIdentifier }) => smsIdentifier >= removed)
}

function isOpen({ status }: DeliveryRow): boolean {
  return !isTerminal(status)
}

function distinct(keys: RecipientKey[]): RecipientKey[] {
  return [...new Map(keys.map((key) => [referenceOf(key), key])).values()]
}

/** A row that another session locks is left to the next claim, which removes it. */
async function lockRowsOf(tx: Tx, rows: DeliveryRow[]): Promise<OwnRow[]> {
  const locked: OwnRow[] = []
  for (const [userId, theirs] of Map.groupBy(rows, (row) => row.userId)) {
    const smsIdentifiers = [...new Set(theirs.map(({ smsIdentifier }) => smsIdentifier))]
    locked.push(...(await lockOwnRows(tx, { userId, smsIdentifiers })))
  }
  return locked
}

/** Parts are read only for recipients with a receipt about one. */
async function statesOf(
  tx: RecipientsLocked,
  rows: DeliveryRow[],
  receipts: MatchedReceipt[],
): Promise<Map<string, DeliveryState>> {
  const parts = await readParts(tx, distinct(receipts.filter(({ partNo }) => partNo !== null)))
  const byReference = Map.groupBy(parts, referenceOf)
  return new Map(rows.map((row) => [row.reference, startState(row, byReference.get(row.reference) ?? [])]))
}

async function write(
  tx: RecipientsLocked,
  states: DeliveryState[],
  ownRows: OwnRow[],
  priceOf: (operator: string) => PriceOf,
): Promise<Pick<AppliedReceipts, 'decided' | 'proven' | 'misses'>> {
  const proven = states.flatMap(({ row, provenBy }) =>
    provenBy === null ? [] : [{ row, provider: provenBy }],
  )
  const misses = await writeEffects(
    tx,
    proven.map(({ row, provider }) => {
      const cost = costOf(priceOf(provider), row)
      return { task: row, row, effects: { ...doneBy(provider, isQuarantined(row)), cost } }
    }),
    { accounts: new Map(), locked: new Set() },
  )
  const decided = states.flatMap(({ row, outcome }) => {
    const { smsIdentifier, recipientNo, userId, recipient } = row
    return outcome ? [{ smsIdentifier, recipientNo, userId, recipient, ...outcome }] : []
  })
  await markDeliveries(tx, decided)
  await writeHolds(tx, states)
  await appendEvents(tx, states.flatMap(toEvent))
  await markParts(
    tx,
    states.flatMap(({ decidedParts }) => decidedParts),
  )
  await removeFinished(tx, proven.length > 0 ? ownRows : [])
  return { decided, proven: proven.length, misses }
}

/** Of what is paid for at its delivery: that captures the price, and without it the relay releases the price. */
async function writeHolds(tx: RecipientsLocked, states: DeliveryState[]): Promise<void> {
  const decided = states.filter(({ row, outcome }) => row.charging === 'delivery' && outcome !== null)
  if (decided.length === 0) return
  const [delivered = [], undelivered = []] = (['delivered', 'undelivered'] as const).map((status) =>
    decided.filter(({ outcome }) => outcome?.status === status).map(({ row }) => row),
  )
  await removeHolds(tx, delivered)
  await makeReleaseDue(tx, undelivered)
}

/** Deliveries that operators report after the price was released: the customer keeps the money. */
function countLate(
  receipts: MatchedReceipt[],
  results: AppliedReceipts['states'],
  rows: DeliveryRows,
): number {
  return receipts.filter((receipt, position) => {
    const row = rows.get(referenceOf(receipt))?.row
    const result = results[position]
    if (receipt.verdict !== 'delivered' || row?.charging !== 'delivery' || row.returned === 0) return false
    return (
      result === 'contradicting' || (result === 'applied' && rows.get(referenceOf(receipt))?.outcome !== null)
    )
  }).length
}

type DeliveryRows = ReadonlyMap<string, DeliveryState>

function toEvent({ row, outcome }: DeliveryState): EventChange[] {
  if (!outcome) return []
  return [{ ...row, type: outcome.status === 'delivered' ? 'message.delivered' : 'message.undelivered' }]
}

function doneBy(provider: string, endsQuarantine: boolean): Effects {
  return {
    ...{ status: 'done', provider, reason: '', operatorMessageId: null, refund: 0, outbox: 'none' },
    ...{ tried: false, possiblySent: true, unconfirmed: 0, endsQuarantine },
  }
}

/** What is finished stays so; what is not keeps its row. */
async function removeFinished(tx: RecipientsLocked, ownRows: OwnRow[]): Promise<void> {
  for (const { outboxId, ranges } of ownRows)
    if (!(await hasUnfinished(tx, ranges))) await removeRows(tx, [outboxId])
}
