import type { DeadlineEvents } from '../deadlines/index.ts'
import { classifyFault, read, transact } from '../platform/db/index.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { applyWaiting } from './applyWaiting.ts'
import type { ApplyContext } from './applyWaiting.ts'
import type { ReceiptEvents } from './events.ts'
import { recordReceiptSteps } from './traceReceipts.ts'
import { findDue, markOrphans } from './waiting.ts'

/** Rows of one transaction, most of which carry one receipt each. */
const ROWS_MAX = 1_000
/** Some 2,000 receipts of requests that carry many; a request of a thousand alone is larger than this. */
const BYTES_MAX = 256 * 1_024

export interface ApplyDueContext extends ApplyContext {
  events: ReceiptEvents
  /** Receipts may end what an operator took after its guarantee. */
  deadlines?: Pick<DeadlineEvents, 'missed'>
}

/**
 * Applies one batch of stored receipts that are due. A row that the database refuses is found by halving, and listed, so
 * that it keeps no other one waiting. @returns whether there was work. @throws Unavailable.
 */
export async function applyDue(context: ApplyDueContext): Promise<'worked' | 'idle'> {
  const ids = await read(context.db, 'receipts.find_due', (reader) =>
    findDue(reader, { rowsMax: ROWS_MAX, bytesMax: BYTES_MAX }),
  )
  if (ids.length === 0) return 'idle'
  return (await applyOrSetAside(context, ids)) > 0 ? 'worked' : 'idle'
}

async function applyOrSetAside(context: ApplyDueContext, ids: string[]): Promise<number> {
  try {
    const applied = await applyWaiting(context, ids)
    context.events.applied(applied)
    context.deadlines?.missed(applied.misses)
    recordReceiptSteps(applied)
    return applied.rows
  } catch (error) {
    if (error instanceof Unavailable || classifyFault(error) !== 'fault') throw error
    const [id = ''] = ids
    if (ids.length === 1) {
      context.events.setAside({ id, error })
      await transact(context.db, 'receipts.set_aside', (tx) => markOrphans(tx, ids, describe(error)))
      return 1
    }
    const middle = Math.ceil(ids.length / 2)
    const first = await applyOrSetAside(context, ids.slice(0, middle))
    return first + (await applyOrSetAside(context, ids.slice(middle)))
  }
}

function describe(error: unknown): string {
  return `could not be applied: ${error instanceof Error ? error.message : String(error)}`
}
