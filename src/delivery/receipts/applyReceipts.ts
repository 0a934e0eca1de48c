import type { ReceiptState } from '../../../db/schema.ts'
import { appendEvents } from '../../events/index.ts'
import type { EventChange } from '../../events/index.ts'
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
import type { Tx } from '../../platform/db/index.ts'
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
  decided: (DeliveryOutcome & { userId: number })[]
  /** Unfinished recipients that ended as done. */
  proven: number
}

/**
 * Applies receipts of one transaction in order. A recipient gets a delivery status at most once, and no money moves. An
 * unfinished recipient that an operator may have ends as done; its quarantine ends, and its outbox row goes with the last
 * of it. The caller bounds them to some thousands.
 */
export async function applyReceipts(tx: Tx, receipts: MatchedReceipt[]): Promise<AppliedReceipts> {
  if (receipts.length === 0) return { states: [], decided: [], proven: 0 }
  const before = await readDeliveryRows(tx, distinct(receipts))
  const ownRows = await lockRowsOf(tx, before.filter(isOpen))
  const outboxLocked = await lockOutboxRows(tx, [])
  const locked = await lockForReceipts(outboxLocked, toRanges(distinct(receipts)))
  const states = await statesOf(locked.tx, locked.rows, receipts)
  const results = receipts.map((receipt) => {
    const state = states.get(referenceOf(receipt))
    return state ? decideReceipt(receipt, state) : 'unmatched'
  })
  return { states: results, ...(await write(locked.tx, [...states.values()], ownRows)) }
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
): Promise<Omit<AppliedReceipts, 'states'>> {
  const proven = states.flatMap(({ row, provenBy }) =>
    provenBy === null ? [] : [{ row, provider: provenBy }],
  )
  await writeEffects(
    tx,
    proven.map(({ row, provider }) => ({ task: row, row, effects: doneBy(provider, isQuarantined(row)) })),
    { accounts: new Map(), locked: new Set() },
  )
  const decided = states.flatMap(({ row, outcome }) => {
    const { smsIdentifier, recipientNo, userId } = row
    return outcome ? [{ smsIdentifier, recipientNo, userId, ...outcome }] : []
  })
  await markDeliveries(tx, decided)
  await appendEvents(tx, states.flatMap(toEvent))
  await markParts(
    tx,
    states.flatMap(({ decidedParts }) => decidedParts),
  )
  await removeFinished(tx, proven.length > 0 ? ownRows : [])
  return { decided, proven: proven.length }
}

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
