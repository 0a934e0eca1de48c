import { appendEvents } from '../events/index.ts'
import type { MessageEventType } from '../events/index.ts'
import { proposeRefunds, writeAccounts } from '../ledger/index.ts'
import {
  endQuarantine,
  markCancelled,
  markDone,
  markFailed,
  quarantine,
  release,
  storeOperatorMessages,
  storeOperatorParts,
} from '../messages/index.ts'
import type { RecipientState } from '../messages/index.ts'
import type { Effects } from './effects.ts'
import type { Task } from './inFlight.ts'
import type { LockedBalances, RecipientsLocked } from './lockOrder.ts'

/** The effects of one settlement on the row that it locked. */
export interface Change {
  task: Pick<Task, 'userId' | 'smsIdentifier' | 'recipientNo'>
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
  writeRefunds,
  writeEvents,
]

/** Writes what was decided, except for outbox rows, in the transaction that locked everything (invariants 1 and 3). */
export async function writeEffects(
  tx: RecipientsLocked,
  changes: Change[],
  balances: LockedBalances,
): Promise<void> {
  for (const write of WRITERS) await write(tx, changes, balances)
}

async function writeDone(tx: RecipientsLocked, changes: Change[]): Promise<void> {
  const done = withStatus(changes, 'done')
  for (const [provider, group] of Map.groupBy(done, ({ effects }) => effects.provider))
    await markDone(
      tx,
      group.map(({ row }) => row),
      { provider },
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

async function writeRefunds(
  tx: RecipientsLocked,
  changes: Change[],
  { accounts }: LockedBalances,
): Promise<void> {
  const refunds = changes.flatMap(({ task, effects: { refund: amount, reason } }) => {
    const { userId, smsIdentifier, recipientNo } = task
    return amount > 0 ? [{ userId, smsIdentifier, recipientNo, amount, reason }] : []
  })
  proposeRefunds(accounts, refunds)
  await writeAccounts(tx, accounts.values())
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
