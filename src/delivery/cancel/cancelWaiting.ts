import { isTerminal, readTraces } from '../../messages/index.ts'
import type { Recipient } from '../../messages/index.ts'
import { lockOwnRows, removeRows } from '../../outbox/index.ts'
import type { OwnRow } from '../../outbox/index.ts'
import type { Tx } from '../../platform/db/index.ts'
import type { Traced } from '../../primitives/traceparent.ts'
import type { Effects } from '../effects.ts'
import { lockBalancesFirst, lockForClaim, lockOutboxRows } from '../lockOrder.ts'
import { writeEffects } from '../writeEffects.ts'

export interface WaitingMessage {
  smsIdentifier: string
  recipients: number
}

export interface CancelledRecipients {
  recipients: number
  /** Their messages that belong to a trace; none without tracing. */
  traced: Traced[]
}

const REASON = 'cancelled'

/**
 * Cancels the recipients of a customer's messages that no operator can have, and removes the outbox rows that reference
 * nothing else. The caller bounds the messages and their recipients.
 */
export async function cancelWaiting(
  tx: Tx,
  userId: number,
  messages: WaitingMessage[],
): Promise<CancelledRecipients> {
  const balances = await lockBalancesFirst(tx, [userId])
  const smsIdentifiers = messages.map(({ smsIdentifier }) => smsIdentifier)
  const ownRows = await lockOwnRows(tx, { userId, smsIdentifiers })
  const locked = await lockForClaim(
    await lockOutboxRows(tx, []),
    messages.map(({ smsIdentifier, recipients }) => ({ smsIdentifier, first: 1, last: recipients })),
  )
  const cancelled = locked.rows.filter(isCancellable)
  await writeEffects(
    locked.tx,
    cancelled.map((row) => ({ task: row, row, effects: effectsOf(row) })),
    balances,
  )
  const now = new Set(cancelled)
  const open = locked.rows.filter((row) => !now.has(row) && !isTerminal(row.status))
  await removeRows(tx, finishedRows(ownRows, open))
  const traces = await readTraces(
    tx,
    cancelled.map(({ smsIdentifier }) => smsIdentifier),
  )
  return { recipients: cancelled.length, traced: [...traces.values()] }
}

/** A pending recipient with an unconfirmed submission may be at an operator. */
function isCancellable({ status, possiblySent, unconfirmed }: Recipient): boolean {
  return status === 'pending' && !possiblySent && unconfirmed === 0
}

function effectsOf(row: Recipient): Effects {
  return {
    ...{ status: 'cancelled', provider: '', reason: REASON, operatorMessageId: null },
    ...{
      refund: row.price - row.returned,
      outbox: 'none',
      tried: false,
      possiblySent: false,
      unconfirmed: 0,
      endsQuarantine: false,
    },
  }
}

/** Outbox rows without an open recipient. A claim removes merged rows and rows that another session locks. */
function finishedRows(ownRows: OwnRow[], open: Recipient[]): string[] {
  const references = new Set(open.map(({ reference }) => reference))
  const hasOpen = ({ smsIdentifier, first, last }: OwnRow['ranges'][number]) => {
    for (let no = first; no <= last; no++) if (references.has(`${smsIdentifier}:${no}`)) return true
    return false
  }
  return ownRows.filter(({ ranges }) => !ranges.some(hasOpen)).map(({ outboxId }) => outboxId)
}
