import { insertKeys } from '../../idempotency/index.ts'
import { lockAccounts } from '../../ledger/index.ts'
import { CommitUnknown, transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { inStep } from '../../platform/telemetry/index.ts'
import { writeAccepted } from '../accept.ts'
import type { AcceptContext } from '../accept.ts'
import { decide } from '../decide.ts'
import type { Decided } from '../decide.ts'
import { findBulk, findParts, newBulkKeys } from './keptParts.ts'
import { sumOf, toOutcome, toUnknown } from './outcome.ts'
import type { PartDecision } from './outcome.ts'
import { isStopped } from './stopBulk.ts'
import { limitTogether, refuseDecided, refuseInvalid } from './together.ts'
import type { TogetherRefused } from './together.ts'
import type { BulkRequest, ExplainRefusal, PartItem, PartOutcome } from './types.ts'
import { addToBulk, insertBulk, insertBulkMessages, isAsFar } from './writeBulk.ts'

export interface BulkContext extends AcceptContext {
  explain: ExplainRefusal
}

/** How far a bulk is. */
export interface Progress {
  bulkId: string
  /** Its row is there: a message of it was accepted. */
  isKept: boolean
  /** Of the parts that are decided. */
  outcomes: PartOutcome[]
}

/**
 * The result of a part.
 * - decided, unknown: here; of an unknown one the answer to the COMMIT was lost.
 * - found: an equal request decided it, and perhaps later ones.
 */
export type PartResult =
  | { kind: 'decided' | 'unknown'; progress: Progress; decisions: PartDecision[] }
  | { kind: 'found'; progress: Progress }
  | { kind: 'key_reused' }
  | TogetherRefused

export interface PartRun {
  bulk: BulkRequest
  before: Progress
  items: PartItem[]
  context: BulkContext
}

/** Longer than of other transactions: all or nothing writes five rows for each of 10,000 messages. */
const TIMEOUT_MS = 20_000
const NONE: ReadonlySet<number> = new Set()

/**
 * Decides the next part of a bulk: what it accepts, its results under the idempotency key and the bulk's own rows
 * commit together or not at all. Equal requests meet at the balance's lock, and the second one finds the part.
 * @throws Unavailable or LockTimeout: nothing was changed.
 */
export function acceptPart(db: Db, run: PartRun): Promise<PartResult> {
  const requests = run.items.flatMap((item) => ('request' in item ? item.request : []))
  return inStep('accept', requests, {}, () => decideOnce(db, run))
}

async function decideOnce(db: Db, run: PartRun): Promise<PartResult> {
  let result: PartResult | undefined
  try {
    return await transact(db, 'messages.accept_bulk', async (tx) => (result = await decidePart(tx, run)), {
      ...{ timeoutMs: TIMEOUT_MS, throwsLockTimeout: true },
      resolve: (tx) => findWritten(tx, run, result),
    })
  } catch (error) {
    if (!(error instanceof CommitUnknown) || !result) throw error
    // Nothing was written that could be lost.
    if (result.kind !== 'decided' || !result.progress.isKept) return result
    const decisions = result.decisions.map(toUnknown)
    const outcome = toOutcome(decisions, run.context.explain)
    const outcomes = [...run.before.outcomes, outcome]
    return { kind: 'unknown', decisions, progress: { ...result.progress, outcomes } }
  }
}

async function decidePart(tx: Tx, run: PartRun): Promise<PartResult> {
  const { bulk, before, items, context } = run
  const accounts = await lockAccounts(tx, [bulk.userId])
  const found = await findDecided(tx, bulk, before)
  if (found) return found
  if (before.isKept && (await isStopped(tx, before.bulkId))) return refuseStopped(tx, run)
  const barred = bulk.isAllOrNothing
    ? (refuseInvalid(items) ?? limitTogether(bulk, items, accounts))
    : undefined
  if (barred) return barred
  const requests = items.flatMap((item) => ('request' in item ? item.request : []))
  const basis = { price: context.price, accounts, locked: NONE, known: new Map() }
  const decided = decide(requests, basis)
  const decisions = inOrder(items, decided)
  const refused = bulk.isAllOrNothing ? refuseDecided(decisions) : undefined
  if (refused) return refused
  const progress = addOutcome(before, toOutcome(decisions, context.explain))
  if (progress.isKept) {
    await writeAccepted(tx, decided, accounts, context)
    await writePart(tx, run, { progress, decisions })
  }
  return { kind: 'decided', progress, decisions }
}

/** Its customer cancelled the bulk meanwhile. The refusals are kept like those of any part. */
async function refuseStopped(tx: Tx, run: PartRun): Promise<PartResult> {
  const { before, items, context } = run
  const decisions = items.map(({ index }) => ({ index, refusal: { kind: 'cancelled' as const } }))
  const progress = addOutcome(before, toOutcome(decisions, context.explain))
  await writePart(tx, run, { progress, decisions })
  return { kind: 'decided', progress, decisions }
}

/** @returns what an equal request decided meanwhile, or why this one may not go on. */
async function findDecided(tx: Tx, bulk: BulkRequest, before: Progress): Promise<PartResult | undefined> {
  const { keyed, parts } = bulk
  if (!keyed) return undefined
  if (!before.isKept) return toResult(await findBulk(tx, keyed, parts.length))
  const from = before.outcomes.length
  const found = await findParts(tx, keyed, before.bulkId, { from, parts: parts.length })
  if (found.length === 0) return undefined
  return { kind: 'found', progress: { ...before, outcomes: [...before.outcomes, ...found] } }
}

function toResult(found: Awaited<ReturnType<typeof findBulk>>): PartResult | undefined {
  if (found.kind === 'new') return undefined
  if (found.kind === 'reused') return { kind: 'key_reused' }
  return { kind: 'found', progress: { ...found.bulk, isKept: true } }
}

/** The decisions of all items: those of valid ones come in the same order. */
function inOrder(items: PartItem[], decided: Decided[]): PartDecision[] {
  const rest = decided.values()
  return items.map((item) => {
    const { index } = item
    if ('problem' in item) return { index, refusal: item.problem }
    const decision = rest.next().value?.decision
    if (!decision) throw new Error('a message of a bulk was not decided')
    return decision.kind === 'accepted' ? { index, accepted: decision } : { index, refusal: decision }
  })
}

/** A bulk is kept from its first accepted message on: until then nothing was changed. */
function addOutcome({ bulkId, isKept, outcomes }: Progress, outcome: PartOutcome): Progress {
  return { bulkId, isKept: isKept || outcome.accepted > 0, outcomes: [...outcomes, outcome] }
}

/** Writes the bulk with the first part that accepts a message, and with it the refused ones before it. */
async function writePart(
  tx: Tx,
  { bulk, before }: PartRun,
  { progress, decisions }: { progress: Progress; decisions: PartDecision[] },
): Promise<void> {
  const { bulkId, outcomes } = progress
  const { userId, isTest, parts, keyed, lastSendAt } = bulk
  const from = before.isKept ? before.outcomes.length : 0
  if (before.isKept) for (const outcome of outcomes.slice(from)) await addToBulk(tx, bulkId, outcome)
  else await insertBulk(tx, { bulkId, userId, isTest, messages: parts.at(-1)?.end ?? 0 }, outcomes)
  const accepted = decisions.flatMap((each) =>
    'accepted' in each ? [{ index: each.index, smsIdentifier: each.accepted.smsIdentifier }] : [],
  )
  await insertBulkMessages(tx, bulkId, accepted)
  if (keyed)
    await insertKeys(tx, newBulkKeys(keyed, { bulkId, outcomes }, { from, sendAtMs: lastSendAt?.getTime() }))
}

/**
 * After a lost COMMIT a part with a key is decided again, which finds it if it is there. Without one this request alone
 * writes the bulk, and its counts say how far it is.
 */
async function findWritten(
  tx: Tx,
  { bulk }: PartRun,
  result: PartResult | undefined,
): Promise<PartResult | undefined> {
  const hasWritten = result?.kind === 'decided' && result.progress.isKept
  if (!hasWritten) return result
  if (bulk.keyed) return undefined
  await lockAccounts(tx, [bulk.userId])
  const { bulkId, outcomes } = result.progress
  return (await isAsFar(tx, bulkId, sumOf(outcomes))) ? result : undefined
}
