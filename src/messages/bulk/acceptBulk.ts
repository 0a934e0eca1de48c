import type { NamedReading } from '../../limits/index.ts'
import { LockTimeout, transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { accountLocked } from '../accountLocked.ts'
import type { CheckBacklog } from '../backlogged.ts'
import { acceptPart } from './acceptPart.ts'
import type { BulkContext, PartResult, PartRun, Progress } from './acceptPart.ts'
import { endEarly } from './endEarly.ts'
import { findBulk } from './keptParts.ts'
import type { PartDecision } from './outcome.ts'
import type { BulkDecision, BulkItem, BulkRequest, PartItem } from './types.ts'

export interface BulkRun extends BulkContext {
  checkBacklog: CheckBacklog
  /** Called for each part that was decided here. */
  onDecided: (items: BulkItem[], decisions: PartDecision[]) => void
}

/** A balance that stays locked for this many lock waits, some seconds, ends the bulk. */
const LOCK_WAITS_MAX = 3

/**
 * Accepts the messages of a bulk in their order, each part in a transaction. A repeat with the same idempotency key
 * continues a bulk that was interrupted.
 * @throws Unavailable: nothing was changed, or, with a key, the same request is to be repeated.
 */
export async function acceptBulk(db: Db, bulk: BulkRequest, run: BulkRun): Promise<BulkDecision> {
  const found = await findKept(db, bulk)
  if (found === 'reused') return { kind: 'key_reused' }
  // One that has begun is ended: its repeat is no new work.
  const backlogged = bulk.hasNormal && !found ? run.checkBacklog() : undefined
  if (backlogged) return backlogged
  let progress: Progress = found ?? { bulkId: run.newId(), isKept: false, outcomes: [] }
  let isReplayed = true
  let partsLeft: NamedReading | undefined
  const decidedAs = ({ bulkId, isKept, outcomes }: Progress) => ({
    ...{ kind: 'decided' as const, bulkId: isKept ? bulkId : null, outcomes, isReplayed, partsLeft },
  })
  for (;;) {
    const part = bulk.parts[progress.outcomes.length]
    if (!part) return decidedAs(progress)
    const items = await part.prepare()
    const result = await acceptPatiently(db, {
      bulk,
      before: progress,
      items: withIds(items, run),
      context: run,
    })
    if (result.kind === 'failed') {
      const { error } = result
      const isOurs = !(error instanceof Unavailable)
      return {
        ...decidedAs(endEarly(bulk, progress, { error, ...run })),
        ...(isOurs ? { fault: error } : {}),
      }
    }
    if (!('progress' in result)) return result
    progress = result.progress
    if (result.kind === 'found') continue
    isReplayed = false
    partsLeft = lastPartsLeft(result.decisions) ?? partsLeft
    run.onDecided(items, result.decisions)
    if (result.kind === 'unknown') return decidedAs(endEarly(bulk, progress, run))
  }
}

/** Without a lock: what is found is final, and what is not is looked for again under the lock. */
async function findKept(db: Db, { keyed, parts }: BulkRequest): Promise<Progress | 'reused' | undefined> {
  if (!keyed) return undefined
  const look = (tx: Tx) => findBulk(tx, keyed, parts.length)
  const found = await transact(db, 'messages.find_bulk', look, { resolve: look })
  if (found.kind === 'reused') return 'reused'
  return found.kind === 'kept' ? { ...found.bulk, isKept: true } : undefined
}

async function acceptPatiently(
  db: Db,
  run: PartRun,
): Promise<PartResult | { kind: 'failed'; error: unknown }> {
  for (let wait = 1; ; wait++) {
    try {
      return await acceptPart(db, run)
    } catch (error) {
      if (!(error instanceof LockTimeout)) return { kind: 'failed', error }
      if (wait === LOCK_WAITS_MAX) return { kind: 'failed', error: accountLocked() }
    }
  }
}

function withIds(items: BulkItem[], { newId }: BulkRun): PartItem[] {
  return items.map((item) =>
    'problem' in item ? item : { ...item, request: { ...item.request, smsIdentifier: newId() } },
  )
}

function lastPartsLeft(decisions: PartDecision[]): NamedReading | undefined {
  return decisions.map(partsLeftOf).findLast((reading) => reading !== undefined)
}

function partsLeftOf(decision: PartDecision): NamedReading | undefined {
  if ('accepted' in decision) return decision.accepted.partsLeft
  const { refusal } = decision
  return 'kind' in refusal && refusal.kind === 'rate_limit' ? refusal.partsLeft : undefined
}
