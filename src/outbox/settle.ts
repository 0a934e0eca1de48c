import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { untilKey } from './append.ts'
import type { Until } from './append.ts'
import { OWN_WAITING_LANE } from './lanes.ts'

/**
 * Locks rows before their recipients, in the order of their identifiers: the first step of the lock order everywhere.
 * It names a column that the key does not have: otherwise MySQL may scan and lock the whole primary key (decision 0016).
 */
export async function lockRows(tx: Tx, outboxIds: string[]): Promise<void> {
  if (outboxIds.length === 0) return
  await sql`SELECT recipients FROM outbox_events FORCE INDEX (PRIMARY)
    WHERE id IN (${idList(outboxIds)}) ORDER BY id FOR UPDATE`.execute(tx)
}

/** Deletes rows whose last recipients are settled, or referenced by other rows, in this transaction (invariant 4). */
export async function removeRows(tx: Tx, outboxIds: string[]): Promise<void> {
  const [only, ...others] = outboxIds
  if (only !== undefined && others.length === 0)
    await sql`DELETE FROM outbox_events WHERE id = ${identifierToBytes(only)}`.execute(tx)
  else await deleteRows(tx, outboxIds.map(identifierToBytes))
}

/**
 * With a long list, MySQL and MariaDB scan the whole table for a DELETE, which accepts no index hint, and can deadlock
 * with other sessions. A join from the list finds each row by its key, in its lane's partitions where that is known.
 */
export async function deleteRows(tx: Tx, ids: Buffer[], lane?: number): Promise<void> {
  if (ids.length === 0) return
  const listed = JSON.stringify(ids.map((id) => id.toString('hex')))
  const inLane = lane === undefined ? sql`` : sql`AND o.lane = ${lane}`
  await sql`DELETE o FROM JSON_TABLE(${listed}, '$[*]' COLUMNS (id CHAR(32) PATH '$')) listed
    STRAIGHT_JOIN outbox_events o FORCE INDEX (PRIMARY) ON o.id = UNHEX(listed.id) ${inLane}`.execute(tx)
}

/** Moves rows to the waiting lane of their class until another worker's lease on their recipients ends. */
export async function postpone(tx: Tx, rows: { outboxId: string; until: Until }[]): Promise<void> {
  if (rows.length === 0) return
  const times = rows.map(
    ({ outboxId, until }) => sql`WHEN ${identifierToBytes(outboxId)} THEN ${untilKey(until)}`,
  )
  await sql`UPDATE outbox_events FORCE INDEX (PRIMARY)
    SET order_key = CASE id ${sql.join(times, sql` `)} END, lane = ${OWN_WAITING_LANE}
    WHERE id IN (${idList(rows.map(({ outboxId }) => outboxId))})`.execute(tx)
}

/** Unique and sorted, which is the lock order. */
function idList(outboxIds: string[]): RawBuilder<unknown> {
  return sql.join([...new Set(outboxIds)].sort().map(identifierToBytes))
}
