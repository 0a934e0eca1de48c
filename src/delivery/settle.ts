import type { DeadlineEvents, Misses } from '../deadlines/index.ts'
import { storeAttempts, toRanges } from '../messages/index.ts'
import type { KeyRange, RecipientState } from '../messages/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { attemptsToStore } from './attemptLog.ts'
import { effectsOf } from './effects.ts'
import type { Decision, Settlement } from './effects.ts'
import type { InFlight } from './inFlight.ts'
import { lockBalancesFirst, lockForSettlement, lockFreeBalances, lockOutboxRows } from './lockOrder.ts'
import type { LockedBalances, RecipientsLocked } from './lockOrder.ts'
import { moveOutboxRows } from './moveOutboxRows.ts'
import type { RunChanges } from './moveOutboxRows.ts'
import { writeEffects } from './writeEffects.ts'
import type { Change } from './writeEffects.ts'

export interface SettleContext {
  db: Db
  newId: () => string
  deadlines?: Pick<DeadlineEvents, 'missed'> | undefined
}

/** Settlements of one run that are written together. */
export interface RunSettlement {
  inFlight: InFlight
  /** Empty: only remove the row; the last settlements were written by other transactions. */
  settlements: Settlement[]
}

export interface Settled {
  /** Took effect. */
  settled: Settlement[]
  /** Changed nothing: another owner has the recipient, or it is finished. */
  stale: Settlement[]
  /** Changed nothing yet: a lock on the balance blocks the refund. */
  blocked: Settlement[]
}

/**
 * Settles any number of runs in one transaction with their refunds (invariant 3); may run again after a lost COMMIT. It
 * holds rows that others want, so it waits for no balance: a refund to a locked one is `blocked`.
 * @returns what took effect, for each item by position. @throws Unavailable, LockTimeout or CommitUnknown.
 */
export function settle(context: SettleContext, items: RunSettlement[]): Promise<Settled[]> {
  return run(context, 'delivery.settle', items, undefined)
}

/** Settles blocked refunds of one customer. Waits for its balance before anything else is locked. */
export function settleBlocked(
  context: SettleContext,
  items: RunSettlement[],
  userId: number,
): Promise<Settled[]> {
  return run(context, 'delivery.settle_blocked', items, userId)
}

async function run(
  { db, newId, deadlines }: SettleContext,
  operation: string,
  items: RunSettlement[],
  userId: number | undefined,
): Promise<Settled[]> {
  const ended = await transact(
    db,
    operation,
    async (tx) => {
      const balances = userId === undefined ? undefined : await lockBalancesFirst(tx, [userId])
      const outboxIds = items.map(({ inFlight }) => inFlight.envelope.outboxId)
      const outboxLocked = await lockOutboxRows(tx, outboxIds)
      const runsNow = snapshot(items)
      const locked = await lockForSettlement(outboxLocked, rangesOf(items, runsNow))
      const rows = new Map(locked.rows.map((row) => [row.reference, row]))
      const decided = decide(items, rows)
      const misses = await write(locked.tx, decided, balances)
      const runs = toRuns(items, decided, rows, runsNow)
      await moveOutboxRows(locked.tx, runs, newId)
      return { runs, misses, settled: decided.map(toSettled) }
    },
    { resolve: () => Promise.resolve(undefined), throwsLockTimeout: true },
  )
  ended.settled.forEach(({ settled, stale }, position) => {
    const inFlight = items[position]?.inFlight
    if (!inFlight) return
    for (const { task } of [...settled, ...stale]) inFlight.unsettled.delete(task.reference)
    if (stale.length > 0) inFlight.hasOthers = true
  })
  deadlines?.missed(ended.misses)
  for (const { inFlight, isLast } of ended.runs) inFlight.isFinished ||= isLast
  return ended.settled
}

type RunState = Pick<InFlight, 'hasOthers' | 'unsettled'>

/**
 * Each run as it is when its recipients are locked. A renewal or another settlement may change it before the rows are
 * written, and what was not locked for the last settlement must not be taken for settled (invariant 4).
 */
function snapshot(items: RunSettlement[]): Map<InFlight, RunState> {
  return new Map(
    items.map(({ inFlight }) => [
      inFlight,
      { hasOthers: inFlight.hasOthers, unsettled: new Set(inFlight.unsettled) },
    ]),
  )
}

/** The recipients to settle; all of the envelope when its row goes and other owners have a part of it. */
function rangesOf(items: RunSettlement[], runsNow: Map<InFlight, RunState>): KeyRange[] {
  const keys = items.flatMap(({ settlements }) => settlements.map(({ task }) => task))
  const shared = [...Map.groupBy(items, ({ inFlight }) => inFlight)].filter(
    ([inFlight, parts]) =>
      runsNow.get(inFlight)?.hasOthers &&
      isLast(
        runsNow.get(inFlight),
        parts.flatMap(({ settlements }) => settlements),
      ),
  )
  return [...toRanges(keys), ...shared.flatMap(([{ envelope }]) => envelope.ranges)]
}

/** `blocked`: a lock on the balance blocks the refund. */
interface Decided {
  inFlight: InFlight
  settlement: Settlement
  row: RecipientState | undefined
  decision: Decision | { kind: 'blocked' }
}

/** A recipient that is in several settlements is decided by the first of them. */
function decide(items: RunSettlement[], rows: Map<string, RecipientState>): Decided[][] {
  const applied = new Set<string>()
  return items.map(({ inFlight, settlements }) =>
    settlements.map((settlement) => {
      const { reference } = settlement.task
      const row = rows.get(reference)
      const decision = effectsOf(settlement, row, inFlight.owner)
      if (decision.kind === 'apply' && applied.has(reference))
        return { inFlight, settlement, row, decision: { kind: 'stored' } }
      if (decision.kind === 'apply') applied.add(reference)
      return { inFlight, settlement, row, decision }
    }),
  )
}

async function write(
  tx: RecipientsLocked,
  decided: Decided[][],
  lockedFirst: LockedBalances | undefined,
): Promise<Misses> {
  const all = decided.flat()
  const refunded = all.filter(({ decision }) => decision.kind === 'apply' && decision.effects.refund > 0)
  const userIds = refunded.map(({ settlement }) => settlement.task.userId)
  const balances = lockedFirst ?? (await lockFreeBalances(tx, userIds))
  for (const each of refunded)
    if (balances.locked.has(each.settlement.task.userId)) each.decision = { kind: 'blocked' }
  const misses = await writeEffects(tx, all.flatMap(toChange), balances)
  await storeAttempts(
    tx,
    all.flatMap(({ settlement, row, decision }) => (row ? attemptsToStore(settlement, decision) : [])),
  )
  return misses
}

/** What the transaction changes of each run. Recipients of other owners are only of interest when its row goes. */
function toRuns(
  items: RunSettlement[],
  decided: Decided[][],
  rows: Map<string, RecipientState>,
  runsNow: Map<InFlight, RunState>,
): RunChanges[] {
  const parts = Map.groupBy(items.keys(), (position) => items[position]?.inFlight)
  return [...parts].flatMap(([inFlight, positions]) => {
    if (!inFlight) return []
    const ofRun = positions.flatMap((position) => decided[position] ?? [])
    const settling = ofRun.filter(({ decision }) => decision.kind !== 'blocked')
    const ours = new Set(settling.filter(({ decision }) => decision.kind !== 'stale').map(referenceOf))
    const runNow = runsNow.get(inFlight)
    const named = runNow?.hasOthers
      ? rowsIn(inFlight.envelope.ranges, rows)
      : settling.flatMap(({ row }) => row ?? [])
    return {
      inFlight,
      changes: ofRun.flatMap(toChange),
      others: named.filter(({ reference }) => !ours.has(reference)),
      isLast: isLast(
        runNow,
        settling.map(({ settlement }) => settlement),
      ),
    }
  })
}

function isLast(run: RunState | undefined, settling: Settlement[]): boolean {
  if (!run) return false
  const references = new Set(settling.map(({ task }) => task.reference))
  for (const reference of run.unsettled) if (!references.has(reference)) return false
  return true
}

function rowsIn(ranges: KeyRange[], rows: Map<string, RecipientState>): RecipientState[] {
  return [...rows.values()].filter((row) =>
    ranges.some(
      ({ smsIdentifier, first, last }) =>
        row.smsIdentifier === smsIdentifier && first <= row.recipientNo && row.recipientNo <= last,
    ),
  )
}

function toSettled(decided: Decided[]): Settled {
  const having = (...kinds: Decided['decision']['kind'][]) =>
    decided.filter(({ decision }) => kinds.includes(decision.kind)).map(({ settlement }) => settlement)
  return { settled: having('apply', 'stored'), stale: having('stale'), blocked: having('blocked') }
}

function toChange({ settlement: { task }, row, decision }: Decided): Change[] {
  return row && decision.kind === 'apply' ? [{ task, row, effects: decision.effects }] : []
}

function referenceOf({ settlement }: Decided): string {
  return settlement.task.reference
}
