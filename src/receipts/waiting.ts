import { sql } from 'kysely'
import type { WaitingState } from '../../db/schema.ts'
import { NOW, dateTime, insertRows, list } from '../platform/db/index.ts'
import type { Reader, Tx } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../primitives/identifier.ts'
import type { RawReceipt, StoredReceipt } from './types.ts'

/** How long a receipt that matches nothing is retried. */
export const RETRIED_HOURS = 24
/** How long one that matched nothing is listed. */
export const ORPHANS_KEPT_DAYS = 30
/** It waits for as long again as it waited already, within these bounds. */
const RETRY_MIN_SECONDS = 1
const RETRY_MAX_SECONDS = 3_600
const REASON_CHARS_MAX = 255

/** A receipt to store; one that was split off another keeps its time. */
export interface NewReceipt extends RawReceipt {
  id: string
  receivedAt?: Date
}

/** Stores receipts that are due at once. May run again after a lost COMMIT. */
export async function insertWaiting(tx: Tx, receipts: NewReceipt[]): Promise<void> {
  await insertRows(
    tx,
    sql`INSERT IGNORE INTO waiting_receipts (id, state, due_at, operator, protocol, raw, received_at)`,
    receipts.map(({ id, operator, protocol, raw, receivedAt }) => {
      const time = receivedAt ? dateTime(receivedAt.getTime()) : NOW
      return [identifierToBytes(id), 'waiting', NOW, operator, protocol, Buffer.from(raw), time]
    }),
  )
}

/** @returns the receipts that are due, oldest first, up to a number and their bytes; one at least. */
export async function findDue(
  reader: Reader,
  bounds: { rowsMax: number; bytesMax: number },
): Promise<string[]> {
  const { rows } = await sql<{ id: Buffer; bytes: number }>`
    SELECT w.id, LENGTH(w.raw) AS bytes FROM waiting_receipts w FORCE INDEX (idx_waiting_receipts_due)
    WHERE w.state = 'waiting' AND w.due_at <= NOW(3)
    ORDER BY w.due_at, w.id LIMIT ${sql.lit(bounds.rowsMax)}`.execute(reader)
  const ids: string[] = []
  let bytes = 0
  for (const row of rows) {
    bytes += row.bytes
    if (ids.length > 0 && bytes > bounds.bytesMax) break
    ids.push(identifierFromBytes(row.id))
  }
  return ids
}

/** Locks waiting receipts, before anything else. What another session works on is left out. */
export async function lockWaiting(tx: Tx, ids: string[]): Promise<StoredReceipt[]> {
  const { rows } = await sql<{
    id: Buffer
    operator: string
    protocol: string
    raw: Buffer
    received_at: Date
    age_ms: number
  }>`
    SELECT id, operator, protocol, raw, received_at,
           TIMESTAMPDIFF(MICROSECOND, received_at, NOW(3)) / 1000 AS age_ms
    FROM waiting_receipts FORCE INDEX (PRIMARY)
    WHERE id IN (${list(ids.map(identifierToBytes))}) AND state = 'waiting'
    ORDER BY id
    FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows.map((row) => ({
    id: identifierFromBytes(row.id),
    operator: row.operator,
    protocol: row.protocol,
    raw: row.raw,
    receivedAt: row.received_at,
    ageMs: Number(row.age_ms),
  }))
}

export async function removeWaiting(tx: Tx, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  const listed = JSON.stringify(ids.map((id) => id.replaceAll('-', '')))
  await sql`DELETE w FROM JSON_TABLE(${listed}, '$[*]' COLUMNS (id CHAR(32) PATH '$')) listed
    STRAIGHT_JOIN waiting_receipts w FORCE INDEX (PRIMARY) ON w.id = UNHEX(listed.id)`.execute(tx)
}

/** @returns the receipts that wait under these keys, oldest first. Mostly none of the operator's do, which costs little. */
export async function findByWaitKeys(
  reader: Reader,
  { operator, keys, rowsMax }: { operator: string; keys: string[]; rowsMax: number },
): Promise<{ id: string; key: string }[]> {
  if (keys.length === 0) return []
  const { rows: any } = await sql`
    SELECT 1 FROM waiting_receipts FORCE INDEX (idx_waiting_receipts_key)
    WHERE operator = ${operator} AND wait_key IS NOT NULL LIMIT 1`.execute(reader)
  if (any.length === 0) return []
  const { rows } = await sql<{ id: Buffer; wait_key: string }>`
    SELECT id, wait_key FROM waiting_receipts FORCE INDEX (idx_waiting_receipts_key)
    WHERE operator = ${operator} AND wait_key IN (${list(keys)}) AND state = 'waiting'
    ORDER BY id LIMIT ${sql.lit(rowsMax)}`.execute(reader)
  return rows.map((row) => ({ id: identifierFromBytes(row.id), key: row.wait_key }))
}

/** A receipt that matched nothing, and what it waits under. */
export interface Postponed {
  id: string
  key: string | null
}

/** Puts off receipts that matched nothing; after a day they are orphans. @returns how many became so. */
export async function postponeWaiting(tx: Tx, postponed: Postponed[], reason: string): Promise<number> {
  if (postponed.length === 0) return 0
  const listed = postponed.map(({ id, key }) => [id.replaceAll('-', ''), key])
  const isOld = sql`received_at < NOW(3) - INTERVAL ${sql.lit(RETRIED_HOURS)} HOUR`
  await sql`
    UPDATE JSON_TABLE(${JSON.stringify(listed)}, '$[*]' COLUMNS (id CHAR(32) PATH '$[0]',
        wait_key VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[1]')) listed
      STRAIGHT_JOIN waiting_receipts w FORCE INDEX (PRIMARY) ON w.id = UNHEX(listed.id)
    SET state = IF(${isOld}, 'orphan', 'waiting'),
        w.wait_key = IF(${isOld}, NULL, listed.wait_key),
        due_at = IF(${isOld}, NOW(3) + INTERVAL ${sql.lit(ORPHANS_KEPT_DAYS)} DAY,
          NOW(3) + INTERVAL LEAST(${sql.lit(RETRY_MAX_SECONDS)}, GREATEST(${sql.lit(RETRY_MIN_SECONDS)},
            TIMESTAMPDIFF(SECOND, received_at, NOW(3)))) SECOND),
        reason = ${reason.slice(0, REASON_CHARS_MAX)}`.execute(tx)
  const { rows } = await sql<{ orphans: number }>`SELECT COUNT(*) AS orphans
    FROM waiting_receipts FORCE INDEX (PRIMARY)
    WHERE id IN (${list(postponed.map(({ id }) => identifierToBytes(id)))}) AND state = 'orphan'`.execute(tx)
  return rows[0]?.orphans ?? 0
}

/** Lists receipts that nothing can be read of, or that a fault of ours keeps from being applied. */
export async function markOrphans(tx: Tx, ids: string[], reason: string): Promise<void> {
  if (ids.length === 0) return
  await sql`UPDATE waiting_receipts FORCE INDEX (PRIMARY)
    SET state = 'orphan', due_at = NOW(3) + INTERVAL ${sql.lit(ORPHANS_KEPT_DAYS)} DAY,
        reason = ${reason.slice(0, REASON_CHARS_MAX)}
    WHERE id IN (${list(ids.map(identifierToBytes))})`.execute(tx)
}

/** Makes orphans due at once: each is tried once more. @returns how many there were. */
export async function makeDue(tx: Tx, ids: string[]): Promise<number> {
  if (ids.length === 0) return 0
  const { numAffectedRows } = await sql`UPDATE waiting_receipts FORCE INDEX (PRIMARY)
    SET state = 'waiting', due_at = NOW(3)
    WHERE id IN (${list(ids.map(identifierToBytes))}) AND state = 'orphan'`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

/** Removes one batch of orphans that were listed for long enough. @returns how many. */
export async function removeOldOrphans(tx: Tx, batchSizeMax: number): Promise<number> {
  const { numAffectedRows } = await sql`DELETE FROM waiting_receipts
    WHERE state = 'orphan' AND due_at <= NOW(3) ORDER BY due_at LIMIT ${sql.lit(batchSizeMax)}`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

export interface ListedReceipt extends Omit<StoredReceipt, 'ageMs'> {
  state: WaitingState
  reason: string | null
}

/** @returns receipts in one state, newest first, at most `limit`, received before `before`. */
export async function listWaiting(
  reader: Reader,
  query: { state: WaitingState; limit: number; before?: string | undefined },
): Promise<ListedReceipt[]> {
  const { state, limit, before } = query
  const rows = await reader
    .selectFrom('waiting_receipts')
    .selectAll()
    .where('state', '=', state)
    .$if(before !== undefined, (q) => q.where('id', '<', identifierToBytes(before ?? '')))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: identifierFromBytes(row.id),
    state: row.state,
    operator: row.operator,
    protocol: row.protocol,
    raw: row.raw,
    reason: row.reason,
    receivedAt: row.received_at,
  }))
}

/** @returns how many are in each state, counted up to a bound. */
export async function countWaiting(reader: Reader, countMax: number): Promise<Record<WaitingState, number>> {
  const { rows } = await sql<{ state: WaitingState; count: number }>`
    SELECT 'waiting' AS state, COUNT(*) AS count FROM
      (SELECT 1 FROM waiting_receipts WHERE state = 'waiting' LIMIT ${sql.lit(countMax)}) waiting
    UNION ALL SELECT 'orphan', COUNT(*) FROM
      (SELECT 1 FROM waiting_receipts WHERE state = 'orphan' LIMIT ${sql.lit(countMax)}) orphan`.execute(
    reader,
  )
  const of = (state: WaitingState) => rows.find((row) => row.state === state)?.count ?? 0
  return { waiting: of('waiting'), orphan: of('orphan') }
}
