import { refund } from '../ledger/index.ts'
import {
  hasUnfinished,
  lockRecipients,
  markDone,
  markFailed,
  referenceOf,
  release,
  toRanges,
} from '../messages/index.ts'
import type { Recipient } from '../messages/index.ts'
import { lockRow, removeRow, retryLater } from '../outbox/index.ts'
import type { RecipientRange } from '../outbox/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import type { Task } from './claimEnvelope.ts'

/**
 * How our claim on one recipient ends.
 * - done: an operator took it and named it.
 * - failed: no operator takes it; it is refunded in the same transaction.
 * - released: to be tried again through the outbox. `tried`: an operator was asked in this round.
 */
export type Ending =
  | { kind: 'done'; task: Task; provider: string; providerMessageId: string }
  | { kind: 'failed'; task: Task; provider: string; reason: string }
  | { kind: 'released'; task: Task; tried: boolean; reason: string }

export interface Settled {
  /** The endings that took effect. */
  endings: Ending[]
  /** Those that came too late: another owner had taken the recipient over. They changed nothing. */
  late: Ending[]
}

/** The claim that is being settled. */
export interface InHand {
  outboxId: string
  /** The envelope's recipients, others' included. */
  ranges: RecipientRange[]
  owner: string
  /** Those of them that may not be at their end: it shrinks as ours end, and does not know what others do. */
  open: Set<string>
}

/**
 * Writes endings in one transaction with their refunds, for the recipients that are still ours (promise 3), and takes
 * the outbox row away when nothing of the envelope is open any more. May run again after a lost COMMIT: what it did
 * before it recognises by the owner.
 */
export async function settle(db: Db, inHand: InHand, endings: Ending[]): Promise<Settled> {
  const settled = await transact(db, 'delivery.settle', (tx) => write(tx, inHand, endings), {
    resolve: () => Promise.resolve(undefined),
  })
  for (const ending of settled.endings)
    if (ending.kind !== 'released') inHand.open.delete(ending.task.reference)
  return settled
}

async function write(tx: Tx, inHand: InHand, endings: Ending[]): Promise<Settled> {
  const { outboxId, ranges, owner, open } = inHand
  await lockRow(tx, outboxId)
  const locked = await lockRecipients(tx, toRanges(endings.map(({ task }) => task)))
  const rows = new Map(locked.map((row) => [referenceOf(row), row]))
  const mine = endings.filter((ending) => isOurs(ending, rows.get(ending.task.reference), owner))
  const late = endings.filter((ending) => !mine.includes(ending))
  // Ours and no longer sending: this settlement was committed before and its answer lost.
  const due = mine.filter(({ task }) => rows.get(task.reference)?.status === 'sending')

  await endRecipients(tx, due, rows)
  await refundFailed(tx, due)
  const ended = new Set(mine.filter(({ kind }) => kind !== 'released').map(({ task }) => task.reference))
  const left = [...open].filter((reference) => !ended.has(reference))
  const released = due.find((ending) => ending.kind === 'released')
  if (released) await retryLater(tx, outboxId, released.reason)
  // What is left in our view may have ended meanwhile, by another owner or by a settlement of ours that runs beside
  // this one. The lock of the outbox row lets one of them come last and see the others' work.
  else if (left.length === 0 || !(await hasUnfinished(tx, ranges))) await removeRow(tx, outboxId)
  return { endings: mine, late }
}

/**
 * Ends keep their owner. A release does not: a row that is free already was released by this settlement before, its
 * answer lost, or by another owner, which comes to the same.
 */
function isOurs({ kind }: Ending, row: Recipient | undefined, owner: string): boolean {
  if (!row) return false
  return row.owner === owner || (kind === 'released' && row.status === 'pending')
}

async function endRecipients(tx: Tx, endings: Ending[], rows: Map<string, Recipient>): Promise<void> {
  const rowsOf = (group: Ending[]) => group.flatMap(({ task }) => rows.get(task.reference) ?? [])
  for (const group of groupsOf(endings)) {
    const [first] = group
    switch (first?.kind) {
      case 'done': {
        const taken = group.flatMap((ending) =>
          ending.kind === 'done' ? [{ ...ending.task, providerMessageId: ending.providerMessageId }] : [],
        )
        await markDone(tx, rowsOf(group), first.provider, taken)
        break
      }
      case 'failed':
        await markFailed(tx, rowsOf(group), {
          provider: first.provider,
          possiblySent: first.task.possiblySent,
        })
        break
      case 'released':
        await release(tx, rowsOf(group), { tried: first.tried, possiblySent: first.task.possiblySent })
        break
      case undefined:
        break
    }
  }
}

/** Endings that one UPDATE can write. */
function groupsOf(endings: Ending[]): Ending[][] {
  const groups = new Map<string, Ending[]>()
  for (const ending of endings) {
    const provider = ending.kind === 'released' ? String(ending.tried) : ending.provider
    const mark = ending.kind === 'done' ? '' : String(ending.task.possiblySent)
    const key = `${ending.kind} ${provider} ${mark}`
    groups.set(key, [...(groups.get(key) ?? []), ending])
  }
  return [...groups.values()]
}

async function refundFailed(tx: Tx, endings: Ending[]): Promise<void> {
  const refunds = endings.flatMap((ending) => {
    if (ending.kind !== 'failed') return []
    const { userId, smsIdentifier, recipientNo, price } = ending.task
    return [{ userId, smsIdentifier, recipientNo, amount: price, reason: ending.reason }]
  })
  if (refunds.length > 0) await refund(tx, refunds)
}
