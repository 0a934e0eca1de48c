import { NO_MISSES, recordMisses } from '../deadlines/index.ts'
import type { Misses } from '../deadlines/index.ts'
import { appendEvents } from '../events/index.ts'
import type { MessageEventType } from '../events/index.ts'
import { removeHolds, startReceiptWait } from '../holds/index.ts'
import { proposeReturns, writeAccounts } from '../ledger/index.ts'
import type { Return } from '../ledger/index.ts'
import {
  endQuarantine,
  markCancelled,
  markDone,
  markFailed,
  quarantine,
  release,
  storeOperatorMessages,
  storeOperatorParts,
  storePolls,
} from '../messages/index.ts'
import type { RecipientState } from '../messages/index.ts'
import type { Effects } from './effects.ts'
import type { Task } from './inFlight.ts'
import type { LockedBalances, RecipientsLocked } from './lockOrder.ts'

/** The effects of one settlement on the row that it locked. */
export interface Change {
  task: Pick<Task, 'userId' | 'smsIdentifier' | 'recipientNo' | 'recipient'> & {
    /** As the task has it; left out where it is not known. */
    guaranteedByMs?: number
  }
  row: RecipientState
  effects: Effects
}

type Writer = (tx: RecipientsLocked, changes: Change[], balances: LockedBalances) => Promise<void>

/** Each writes one table for all changes of a transaction. */
const WRITERS: readonly Writer[] = [
  writeDone,
  writeFailed,
  writeCancelled,
  writeReleased,
  writeQuarantined,
  writeEndedQuarantine,
  writeOperatorMessages,
  writeOperatorParts,
  writePolls,
  writeReturns,
  writeHolds,
  writeEvents,
]

/**
 * Writes what was decided, except for outbox rows, in the transaction that locked everything (invariants 1 and 3).
 * @returns the guarantees that were missed.
 */
export async function writeEffects(
  tx: RecipientsLocked,
  changes: Change[],
  balances: LockedBalances,
): Promise<Misses> {
  for (const write of WRITERS) await write(tx, changes, balances)
  return writeMisses(tx, changes)
}

async function writeDone(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  const done = withStatus(changes, 'done')
  for (const [provider, group] of Map.groupBy(done, ({ effects }) => effects.provider))
    await markDone(
      tx,
      group.map(({ row }) => row),
      { provider, costs: group.map(({ effects }) => effects.cost ?? null) },
    )
}

async function writeFailed(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  await markFailed(
    tx,
    withStatus(changes, 'failed').map(({ row, effects: { provider, reason, possiblySent, tried } }) => {
      return { row, provider, reason, possiblySent, isUntried: row.owner !== null && !tried }
    }),
  )
}

async function writeCancelled(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  await markCancelled(
    tx,
    withStatus(changes, 'cancelled').map(({ row }) => row),
  )
}

/** One UPDATE for each combination; there are few. */
async function writeReleased(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  const groups = Map.groupBy(
    withStatus(changes, 'pending'),
    ({ effects: { tried, possiblySent, unconfirmed, endsQuarantine } }) =>
      `${tried} ${possiblySent} ${unconfirmed} ${endsQuarantine}`,
  )
  for (const group of groups.values()) {
    const [first] = group
    if (first)
      await release(
        tx,
        group.map(({ row }) => row),
        first.effects,
      )
  }
}

async function writeQuarantined(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  const groups = Map.groupBy(withStatus(changes, 'quarantined'), ({ effects }) => effects.reason)
  for (const [reason, group] of groups)
    await quarantine(
      tx,
      group.map(({ row, task: { userId } }) => ({ ...row, userId })),
      reason,
    )
}

async function writeEndedQuarantine(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  await endQuarantine(
    tx,
    changes.filter(({ effects }) => effects.endsQuarantine).map(({ row }) => row),
  )
}

async function writeOperatorMessages(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  const named = changes.flatMap(({ row, effects: { provider, operatorMessageId } }) => {
    if (operatorMessageId === null) return []
    const { smsIdentifier, recipientNo } = row
    return [{ provider, message: { smsIdentifier, recipientNo, providerMessageId: operatorMessageId } }]
  })
  for (const [provider, group] of Map.groupBy(named, ({ provider }) => provider))
    await storeOperatorMessages(
      tx,
      provider,
      group.map(({ message }) => message),
    )
}

async function writeOperatorParts(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  const named = changes.flatMap(({ row: { smsIdentifier, recipientNo }, effects }) =>
    [...(effects.partIds ?? [])].map(([provider, partIds]) => {
      return { provider, message: { smsIdentifier, recipientNo, partIds } }
    }),
  )
  for (const [provider, group] of Map.groupBy(named, ({ provider }) => provider))
    await storeOperatorParts(
      tx,
      provider,
      group.map(({ message }) => message),
    )
}

/** Without an operator that is asked this is no statement. */
async function writePolls(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  await storePolls(
    tx,
    changes.flatMap(({ task: { recipient }, row, effects: { provider: operator, poll } }) =>
      poll
        ? [{ smsIdentifier: row.smsIdentifier, recipientNo: row.recipientNo, operator, recipient, ...poll }]
        : [],
    ),
  )
}

/** What was held is released, by the same entry under another name. */
async function writeReturns(
  tx: RecipientsLocked,
  changes: Change[],
  { accounts }: LockedBalances,
): Promise<void> {
  const returns = changes.flatMap(({ task, row, effects: { refund: amount, reason } }): Return[] => {
    const { userId, smsIdentifier, recipientNo } = task
    const type = row.charging === 'acceptance' ? 'refund' : 'release'
    return amount > 0 ? [{ userId, smsIdentifier, recipientNo, type, amount, reason }] : []
  })
  proposeReturns(accounts, returns)
  await writeAccounts(tx, accounts.values())
}

/** The database decides by its own clock, which may have stepped since the claim: what is nearly over is compared there too. */
const CLOCK_MARGIN_MS = 1_000

/**
 * After the times of the ends were written: whatever is over by the database's clock then is over by ours now. A message in
 * time costs no statement.
 */
async function writeMisses(tx: RecipientsLocked, changes: Change[]): Promise<Misses> {
  const overMs = performance.now() + CLOCK_MARGIN_MS
  const over = changes.filter(({ task: { guaranteedByMs = -Infinity } }) => guaranteedByMs <= overMs)
  const [done, failed] = [withStatus(over, 'done'), withStatus(over, 'failed')]
  if (done.length + failed.length === 0) return NO_MISSES
  const rowsOf = (ended: Change[]) => ended.map(({ row }) => row)
  return recordMisses(tx, { done: rowsOf(done), failed: rowsOf(failed) })
}

/** A hand-over captures the price, or the wait for a receipt begins. Whatever else ends a recipient gives the price back. */
async function writeHolds(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  const held = changes.filter(({ row }) => row.charging !== 'acceptance')
  if (held.length === 0) return
  const isWaiting = ({ row }: Change) => row.charging === 'delivery'
  const done = withStatus(held, 'done')
  const ended = [...withStatus(held, 'failed'), ...withStatus(held, 'cancelled')]
  const over = [...ended, ...done.filter((change) => !isWaiting(change))]
  await startReceiptWait(
    tx,
    done.filter(isWaiting).map(({ row }) => row),
  )
  await removeHolds(
    tx,
    over.map(({ row }) => row),
  )
}

/** Only these end a recipient. */
const EVENT_OF: Partial<Record<Effects['status'], MessageEventType>> = {
  done: 'message.sent',
  failed: 'message.failed',
  cancelled: 'message.cancelled',
}

async function writeEvents(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  await appendEvents(
    tx,
    changes.flatMap(({ task: { userId }, row, effects: { status } }) => {
      const type = EVENT_OF[status]
      return type ? [{ ...row, userId, type }] : []
    }),
  )
}

function withStatus(changes: Change[], status: Effects['status']): Change[] {
  return changes.filter(({ effects }) => effects.status === status)
}
