import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { LAST_ERROR_CHARS_MAX } from './append.ts'
import type { Claim } from './claim.ts'
import { LANES, microsOf, sqlMicrosFromNow } from './lanes.ts'
import { PUBLISHED_LEASE_MS, PUBLISH_RETRY_DELAY_MS } from './lease.ts'

/** Rows in one statement that confirms leases: some 40 KB of SQL. */
const ROWS_PER_CONFIRM_MAX = 500

/** A row whose envelope the broker confirmed. */
export interface PublishedRow {
  outboxId: string
  /** The key that the claim wrote: a row that still has it is still this claim's. */
  leaseUntil: Date
}

/** Extends the lease of published rows, except rows that another session has moved since the claim. */
export async function confirmLease(db: Db, type: MessageClass, published: PublishedRow[]): Promise<void> {
  for (let start = 0; start < published.length; start += ROWS_PER_CONFIRM_MAX) {
    const terms = published
      .slice(start, start + ROWS_PER_CONFIRM_MAX)
      .map(
        ({ outboxId, leaseUntil }) =>
          sql`(id = ${identifierToBytes(outboxId)} AND order_key = ${microsOf(leaseUntil)})`,
      )
    await transact(db, 'outbox.confirm_lease', async (tx) => {
      await sql`UPDATE outbox_events FORCE INDEX (PRIMARY) SET order_key = ${sqlMicrosFromNow(PUBLISHED_LEASE_MS)}
        WHERE lane = ${LANES[type].waiting} AND (${sql.join(terms, sql` OR `)})`.execute(tx)
    })
  }
}

/** Shortens the lease of rows whose publish failed to a fixed delay, unless another session has moved them. */
export function shortenLease(
  db: Db,
  { type, leaseUntil }: Pick<Claim, 'type' | 'leaseUntil'>,
  outboxIds: string[],
  reason: string,
): Promise<void> {
  const ids = sql.join(outboxIds.map(identifierToBytes))
  return transact(db, 'outbox.give_back', async (tx) => {
    await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
      SET order_key = ${sqlMicrosFromNow(PUBLISH_RETRY_DELAY_MS)}, last_error = ${reason.slice(0, LAST_ERROR_CHARS_MAX)}
      WHERE id IN (${ids}) AND lane = ${LANES[type].waiting} AND order_key = ${microsOf(leaseUntil)}`.execute(
      tx,
    )
  })
}
