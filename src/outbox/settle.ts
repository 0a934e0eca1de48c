import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
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
/** Rows of one statement that marks what was published: some 40 KB of SQL. */
const ROWS_PER_MARK_MAX = 500

/** A row that a claim published. */
export interface PublishedRow {
  outboxId: string
  /** The due time that the claim wrote: who finds it unchanged still holds the row. */
  leaseUntil: string
}

/** After the confirm: moves the due time on, for the rows that nobody else has moved since the claim. */
export async function markPublished(db: Db, published: PublishedRow[]): Promise<void> {
  for (let start = 0; start < published.length; start += ROWS_PER_MARK_MAX) {
    const terms = published
      .slice(start, start + ROWS_PER_MARK_MAX)
      .map(
        ({ outboxId, leaseUntil }) =>
          sql`(id = ${identifierToBytes(outboxId)} AND next_run_at = ${leaseUntil})`,
      )
    await transact(db, 'outbox.mark_published', async (tx) => {
      await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
        SET next_run_at = NOW(6) + INTERVAL ${sql.lit(PUBLISHED_LEASE_SECONDS)} SECOND
        WHERE ${sql.join(terms, sql` OR `)}`.execute(tx)
    })
  }
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

/** Locks rows before their recipients, in the order of their identifiers: the first step of the lock order everywhere. */
export async function lockRows(tx: Tx, outboxIds: string[]): Promise<void> {
  await sql`SELECT id FROM outbox_events FORCE INDEX (PRIMARY)
    WHERE id IN (${idList(outboxIds)}) ORDER BY id FOR UPDATE`.execute(tx)
}

/**
 * Their last recipients are settled in this transaction: the rows have no more work. Neither engine lets a DELETE name
 * its index, and both read the whole table for a long list; coming from the list, each row is found by its key.
 */
export async function removeRows(tx: Tx, outboxIds: string[]): Promise<void> {
  const [only, ...others] = outboxIds
  if (only === undefined) return
  if (others.length === 0) {
    await sql`DELETE FROM outbox_events WHERE id = ${identifierToBytes(only)}`.execute(tx)
    return
  }
  const ids = JSON.stringify(outboxIds.map((id) => identifierToBytes(id).toString('hex')))
  await sql`DELETE o FROM JSON_TABLE(${ids}, '$[*]' COLUMNS (id CHAR(32) PATH '$')) ended
    STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = UNHEX(ended.id)`.execute(tx)
}

/** Some of their recipients were released: due again after a delay that grows with the attempts of each. */
export async function retryLater(tx: Tx, rows: { outboxId: string; reason: string }[]): Promise<void> {
  if (rows.length === 0) return
  const reasons = rows.map(
    ({ outboxId, reason }) =>
      sql`WHEN ${identifierToBytes(outboxId)} THEN ${reason.slice(0, LAST_ERROR_CHARS_MAX)}`,
  )
  await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
    SET next_run_at = NOW(6) + ${retryDelay}, last_error = CASE id ${sql.join(reasons, sql` `)} END,
        attempts = attempts + 1
    WHERE id IN (${idList(rows.map(({ outboxId }) => outboxId))})`.execute(tx)
}

/**
 * Somebody else is at work on their recipients: due again when that lease ends, at a time that the database gave or so
 * many seconds from now by its clock.
 */
export async function postpone(
  tx: Tx,
  rows: { outboxId: string; until: Date | { seconds: number } }[],
): Promise<void> {
  if (rows.length === 0) return
  const times = rows.map(({ outboxId, until }) => {
    const time = until instanceof Date ? until : sql`NOW(6) + INTERVAL ${sql.lit(until.seconds)} SECOND`
    return sql`WHEN ${identifierToBytes(outboxId)} THEN ${time}`
  })
  await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
    SET next_run_at = CASE id ${sql.join(times, sql` `)} END
    WHERE id IN (${idList(rows.map(({ outboxId }) => outboxId))})`.execute(tx)
}

/** Each once and in order, which is the order of locking. */
function idList(outboxIds: string[]): RawBuilder<unknown> {
  return sql.join([...new Set(outboxIds)].sort().map(identifierToBytes))
}

// Evaluated before `attempts` is raised by the same statement: MySQL assigns from left to right.
const retryDelay = sql`INTERVAL LEAST(${sql.lit(RETRY_DELAY_MAX_MS * 1_000)},
  ${sql.lit(RETRY_DELAY_MS * 1_000)} * POW(2, LEAST(attempts, 10))) MICROSECOND`
