import { lockAccounts, lockFreeAccounts, refund } from '../ledger/index.ts'
import { hasUnfinished, lockStates, markDone, markFailed, release, toRanges } from '../messages/index.ts'
import type { RecipientState } from '../messages/index.ts'
import { lockRows, removeRows, retryLater } from '../outbox/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import type { InFlight, Task } from './inFlight.ts'

/**
 * How our claim on one recipient ends.
 * - done: an operator took it and named it.
 * - failed: no operator takes it; it is refunded in the same transaction.
 * - released: to be tried again through the outbox. `tried`: an operator was asked in this round.
 */
export type Settlement =
  | { kind: 'done'; task: Task; provider: string; providerMessageId: string }
  | { kind: 'failed'; task: Task; provider: string; reason: string }
  | { kind: 'released'; task: Task; tried: boolean; reason: string }

/** Endings of recipients of one envelope that are written together. */
export interface EnvelopeSettlement {
  inFlight: InFlight
  endings: Settlement[]
}

export interface Settled {
  /** The endings that took effect. */
  endings: Settlement[]
  /** Those that came too late: another owner had taken the recipient over. They changed nothing. */
  late: Settlement[]
  /** Those whose refund somebody else's lock on the balance stands against. They are still to be settled. */
  held: Settlement[]
}

/**
 * Writes the endings of any number of envelopes in one transaction with their refunds, for the recipients that are
 * still ours (invariant 3), and takes away the outbox row of each envelope of which nothing is open any more. Waits for no
 * balance, as it holds rows and balances that others want: what it cannot refund now is `held`. May run again after a
 * lost COMMIT: what it did before it recognises by the owner. @returns what took effect, for each settlement by
 * position. @throws Unavailable, LockTimeout or CommitUnknown.
 */
export function settle(db: Db, settlements: EnvelopeSettlement[]): Promise<Settled[]> {
  return settleIn('delivery.settle', db, settlements, write)
}

/**
 * The same for endings of one customer whose balance was held. It is waited for before anything else is locked. So
 * nobody waits for a balance who holds a row, and though this locks them in the other order, there is no circle.
 */
export function settleHeld(db: Db, settlements: EnvelopeSettlement[], userId: number): Promise<Settled[]> {
  return settleIn('delivery.settle_held', db, settlements, async (tx) => {
    await lockAccounts(tx, [userId])
    return write(tx, settlements)
  })
}

async function settleIn(
  operation: string,
  db: Db,
  settlements: EnvelopeSettlement[],
  work: (tx: Tx, settlements: EnvelopeSettlement[]) => Promise<Settled[]>,
): Promise<Settled[]> {
  for (const { inFlight, endings } of settlements)
    for (const { task } of endings) inFlight.unsettled.delete(task.reference)
  const settled = await transact(db, operation, (tx) => work(tx, settlements), {
    resolve: () => Promise.resolve(undefined),
    throwsLockTimeout: true,
  })
  settlements.forEach(({ inFlight }, position) => {
    const { endings = [], held = [] } = settled[position] ?? {}
    for (const { kind, task } of endings) if (kind !== 'released') inFlight.open.delete(task.reference)
    for (const { task } of held) inFlight.unsettled.add(task.reference)
  })
  return settled
}

type Sorted = Omit<Settled, 'held'>

async function write(tx: Tx, settlements: EnvelopeSettlement[]): Promise<Settled[]> {
  await lockRows(
    tx,
    settlements.map(({ inFlight }) => inFlight.outboxId),
  )
  const rows = await lockTheirRecipients(tx, settlements)
  const ours = settlements.map((settlement) => sortOut(settlement, rows))
  const wanted = dueOf(ours, rows)
  const waiting = await lockBalances(tx, wanted)
  const settled = ours.map((sorted) => putAside(sorted, waiting))
  const due = waiting.size === 0 ? wanted : wanted.filter(({ task }) => !waiting.has(task.reference))
  await endRecipients(tx, due, rows)
  await refundFailed(tx, due)
  await moveRows(tx, settlements, settled, new Set(due))
  return settled
}

async function lockTheirRecipients(
  tx: Tx,
  settlements: EnvelopeSettlement[],
): Promise<Map<string, RecipientState>> {
  const tasks = new Map<string, Task>()
  for (const { endings } of settlements) for (const { task } of endings) tasks.set(task.reference, task)
  const locked = await lockStates(tx, toRanges([...tasks.values()]))
  return new Map(locked.map((row) => [row.reference, row]))
}

function sortOut({ inFlight, endings }: EnvelopeSettlement, rows: Map<string, RecipientState>): Sorted {
  const settled: Sorted = { endings: [], late: [] }
  for (const ending of endings) {
    const isMine = isOurs(ending, rows.get(ending.task.reference), inFlight.owner)
    if (isMine) settled.endings.push(ending)
    else settled.late.push(ending)
  }
  return settled
}

/**
 * Ends keep their owner. A release does not: a row that is free already was released by this settlement before, its
 * answer lost, or by another owner, which comes to the same.
 */
function isOurs({ kind }: Settlement, row: RecipientState | undefined, owner: string): boolean {
  if (!row) return false
  return row.owner === owner || (kind === 'released' && row.status === 'pending')
}

/**
 * Those that are still to be written, one for a recipient. Ours and no longer sending: this settlement was committed
 * before and its answer lost.
 */
function dueOf(settled: Sorted[], rows: Map<string, RecipientState>): Settlement[] {
  const due = new Map<string, Settlement>()
  for (const { endings } of settled) {
    for (const ending of endings) {
      const { reference } = ending.task
      if (rows.get(reference)?.status === 'sending' && !due.has(reference)) due.set(reference, ending)
    }
  }
  return [...due.values()]
}

/** Locks the balances that are free. @returns the references of those that have to wait for theirs. */
async function lockBalances(tx: Tx, due: Settlement[]): Promise<Set<string>> {
  const failed = due.filter(({ kind }) => kind === 'failed')
  if (failed.length === 0) return new Set()
  const { held } = await lockFreeAccounts(
    tx,
    failed.map(({ task }) => task.userId),
  )
  return new Set(failed.flatMap(({ task }) => (held.has(task.userId) ? [task.reference] : [])))
}

/** @param waiting the references of those whose refund has to wait. */
function putAside({ endings, late }: Sorted, waiting: Set<string>): Settled {
  if (waiting.size === 0) return { endings, late, held: [] }
  const isHeld = ({ task }: Settlement) => waiting.has(task.reference)
  return { endings: endings.filter((ending) => !isHeld(ending)), late, held: endings.filter(isHeld) }
}

async function endRecipients(
  tx: Tx,
  endings: Settlement[],
  rows: Map<string, RecipientState>,
): Promise<void> {
  const rowsOf = (group: Settlement[]) => group.flatMap(({ task }) => rows.get(task.reference) ?? [])
  for (const group of groupsOf(endings)) {
    const [first] = group
    switch (first?.kind) {
      case 'done': {
        const taken = group.flatMap((ending) => (ending.kind === 'done' ? [takenOf(ending)] : []))
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

function takenOf({ task: { smsIdentifier, recipientNo }, providerMessageId }: Settlement & { kind: 'done' }) {
  return { smsIdentifier, recipientNo, providerMessageId }
}

/** Endings that one UPDATE can write. Of groups there are few: some for each operator. */
function groupsOf(endings: Settlement[]): Settlement[][] {
  const groups: [Settlement, ...Settlement[]][] = []
  for (const ending of endings) {
    const group = groups.find(([first]) => areWrittenAlike(first, ending))
    if (group) group.push(ending)
    else groups.push([ending])
  }
  return groups
}

function areWrittenAlike(one: Settlement, other: Settlement): boolean {
  if (one.kind === 'done') return other.kind === 'done' && one.provider === other.provider
  if (one.task.possiblySent !== other.task.possiblySent) return false
  if (one.kind === 'failed') return other.kind === 'failed' && one.provider === other.provider
  return other.kind === 'released' && one.tried === other.tried
}

async function refundFailed(tx: Tx, endings: Settlement[]): Promise<void> {
  const refunds = endings.flatMap((ending) => {
    if (ending.kind !== 'failed') return []
    const { userId, smsIdentifier, recipientNo, price } = ending.task
    return [{ userId, smsIdentifier, recipientNo, amount: price, reason: ending.reason }]
  })
  if (refunds.length > 0) await refund(tx, refunds)
}

/** An envelope's outbox row goes with its last recipient, and is due again for those that were released. */
async function moveRows(
  tx: Tx,
  settlements: EnvelopeSettlement[],
  settled: Settled[],
  due: Set<Settlement>,
): Promise<void> {
  const ended: string[] = []
  const waiting: { outboxId: string; reason: string }[] = []
  const works = Map.groupBy(settlements.keys(), (position) => settlements[position]?.inFlight)
  for (const [inFlight, positions] of works) {
    if (!inFlight) continue
    const endings = positions.flatMap((position) => settled[position]?.endings ?? [])
    const released = endings.find((ending) => ending.kind === 'released' && due.has(ending))
    if (released?.kind === 'released') waiting.push({ outboxId: inFlight.outboxId, reason: released.reason })
    else if (await isAtItsEnd(tx, inFlight, endings)) ended.push(inFlight.outboxId)
  }
  await retryLater(tx, waiting)
  await removeRows(tx, ended)
}

/**
 * What is left in our view may have ended meanwhile, by another owner or by a settlement of ours that runs beside this
 * one. The lock of the outbox row lets one of them come last and see the others' work. While one of ours is still to
 * come, that one will look.
 */
async function isAtItsEnd(
  tx: Tx,
  { open, unsettled, ranges }: InFlight,
  endings: Settlement[],
): Promise<boolean> {
  const ended = new Set<string>()
  for (const { kind, task } of endings) if (kind !== 'released') ended.add(task.reference)
  for (const reference of open)
    if (!ended.has(reference)) return unsettled.size === 0 && !(await hasUnfinished(tx, ranges))
  return true
}
