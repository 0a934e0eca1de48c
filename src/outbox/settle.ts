import { sql } from 'kysely'
import type { Tx } from '../platform/db/index.ts'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Claim } from './claim.ts'

/** After the broker's confirm a row is due again this late: the rescue when the message or its consumer is lost. */
const PUBLISHED_LEASE_SECONDS = 60
/** A row that no operator took waits 0.5 s, then 1, 2, 4, and from then on this long. */
const RETRY_DELAY_MAX_MS = 5_000
const RETRY_DELAY_MS = 500
const LAST_ERROR_CHARS_MAX = 255

/** After the confirm: moves the due time on, for the rows that nobody else has moved since the claim. */
export function markPublished(db: Db, outboxIds: string[], claim: Claim): Promise<void> {
  return transact(db, 'outbox.mark_published', async (tx) => {
    await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
      SET next_run_at = NOW(6) + INTERVAL ${sql.lit(PUBLISHED_LEASE_SECONDS)} SECOND
      WHERE id IN (${sql.join(outboxIds.map(identifierToBytes))}) AND next_run_at = ${claim.leaseUntil}`.execute(
      tx,
    )
  })
}

/**
 * Gives claimed rows back at once when publishing failed. `countAttempt` is for faults of the row's own way, such as
 * a missing queue; a broker that is away, blocked or full burns no attempt.
 */
export function giveBack(
  db: Db,
  outboxIds: string[],
  claim: Claim,
  fault: { reason: string; countAttempt: boolean },
): Promise<void> {
  const delay = fault.countAttempt ? retryDelay : sql`INTERVAL 0 MICROSECOND`
  return transact(db, 'outbox.give_back', async (tx) => {
    await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
      SET next_run_at = NOW(6) + ${delay}, last_error = ${fault.reason.slice(0, LAST_ERROR_CHARS_MAX)},
          attempts = attempts + ${fault.countAttempt ? 1 : 0}
      WHERE id IN (${sql.join(outboxIds.map(identifierToBytes))}) AND next_run_at = ${claim.leaseUntil}`.execute(
      tx,
    )
  })
}

/** Locks a row before its recipients: the first step of the lock order everywhere. */
export async function lockRow(tx: Tx, outboxId: string): Promise<void> {
  await sql`SELECT id FROM outbox_events WHERE id = ${identifierToBytes(outboxId)} FOR UPDATE`.execute(tx)
}

/** Its last recipient is settled in this transaction: the row has no more work. */
export async function removeRow(tx: Tx, outboxId: string): Promise<void> {
  await tx.deleteFrom('outbox_events').where('id', '=', identifierToBytes(outboxId)).execute()
}

/** Some of its recipients were released: due again after a delay that grows with its attempts. */
export async function retryLater(tx: Tx, outboxId: string, reason: string): Promise<void> {
  await sql`UPDATE outbox_events
    SET next_run_at = NOW(6) + ${retryDelay}, last_error = ${reason.slice(0, LAST_ERROR_CHARS_MAX)},
        attempts = attempts + 1
    WHERE id = ${identifierToBytes(outboxId)}`.execute(tx)
}

/** Somebody else is at work on its recipients: due again when that lease ends. */
export async function postpone(tx: Tx, outboxId: string, leaseUntil: Date): Promise<void> {
  await sql`UPDATE outbox_events SET next_run_at = ${leaseUntil}
    WHERE id = ${identifierToBytes(outboxId)}`.execute(tx)
}

// Evaluated before `attempts` is raised by the same statement: MySQL assigns from left to right.
const retryDelay = sql`INTERVAL LEAST(${sql.lit(RETRY_DELAY_MAX_MS * 1_000)},
  ${sql.lit(RETRY_DELAY_MS * 1_000)} * POW(2, LEAST(attempts, 10))) MICROSECOND`
