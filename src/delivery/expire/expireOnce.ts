import type { DeadlineEvents } from '../../deadlines/index.ts'
import { findExpired } from '../../messages/index.ts'
import type { ExpiryBounds } from '../../messages/index.ts'
import { countRecipients, readOldRows } from '../../outbox/index.ts'
import type { ReadRow } from '../../outbox/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { LockTimeout } from '../../platform/db/index.ts'
import { isTracing, recordStep } from '../../platform/telemetry/index.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import { endExpired } from './endExpired.ts'
import type { Ended } from './endExpired.ts'
import type { ExpiryEvents } from './events.ts'

export interface ExpirySettings extends ExpiryBounds {
  db: Db
  type: MessageClass
  events: ExpiryEvents
  deadlines?: Pick<DeadlineEvents, 'missed'>
}

/** A row that was written just now was in a consumer's hands, or is about to be. */
export const MIN_AGE_MS = 5_000
/** Rows of one look: some 10 ms of the database. */
const ROWS_MAX = 500
/** Of one transaction, which customers' balances wait for. */
const RECIPIENTS_MAX = 2_000
/** Customers with a locked balance that are waited for in one round. The next pass finds the others. */
const BLOCKED_MAX = 10

/** What one round did. */
export interface Round {
  recipients: number
  /** Where the next round goes on; undefined at the end of a pass. */
  next: string | undefined
}

/** Examines the next outbox rows by age, and ends what has expired in them. */
export async function expireOnce(
  settings: ExpirySettings,
  after?: string,
  { minAgeMs = MIN_AGE_MS, rowsMax = ROWS_MAX } = {},
): Promise<Round> {
  const { db, type, events } = settings
  const { rows, next } = await readOldRows(db, type, { after, minAgeMs, rowsMax })
  const positions = await findExpired(
    db,
    rows.map(({ ranges }) => ranges),
    settings,
  )
  let recipients = 0
  for (const batch of inBatches(positions.flatMap((position) => rows[position] ?? []))) {
    const ended = await endBatch(settings, batch)
    if (ended.recipients > 0) events.ended({ type, ...ended })
    recipients += ended.recipients
  }
  return { recipients, next }
}

async function endBatch(
  { db, type, validityMs, unknownSubmissionsMax, deadlines }: ExpirySettings,
  rows: ReadRow[],
): Promise<{ recipients: number; refunded: number }> {
  const bounds = { type, validityMs, unknownSubmissionsMax }
  const outboxIds = rows.map(({ outboxId }) => outboxId)
  const ended = await endExpired(db, outboxIds, bounds)
  recordExpiry(rows, ended)
  deadlines?.missed(ended.misses)
  for (const userId of ended.blocked.slice(0, BLOCKED_MAX)) {
    try {
      const later = await endExpired(db, outboxIds, bounds, userId)
      recordExpiry(rows, later)
      deadlines?.missed(later.misses)
      ended.recipients += later.recipients
      ended.refunded += later.refunded
    } catch (error) {
      // Still locked: the next pass finds them again.
      if (!(error instanceof LockTimeout)) throw error
    }
  }
  return { recipients: ended.recipients, refunded: ended.refunded }
}

/** The last step in the traces of what ended. */
function recordExpiry(rows: ReadRow[], { smsIdentifiers }: Ended): void {
  if (!isTracing()) return
  const isEnded = new Set(smsIdentifiers)
  const traced = rows.flatMap(({ ranges }) => ranges).filter((range) => isEnded.has(range.smsIdentifier))
  recordStep('expire', traced, { attributes: { 'chapar.result': 'failed' } })
}

function inBatches(rows: ReadRow[]): ReadRow[][] {
  const batches: ReadRow[][] = []
  let recipients = Infinity
  for (const row of rows) {
    const size = countRecipients(row.ranges)
    recipients += size
    const last = batches.at(-1)
    if (last && recipients <= RECIPIENTS_MAX) last.push(row)
    else {
      batches.push([row])
      recipients = size
    }
  }
  return batches
}
