import { sql } from 'kysely'
import { readLastSeq } from '../../events/index.ts'
import { dateTime, list, NOW, sqlValue, transact } from '../../platform/db/index.ts'
import type { Db, Tx, Value } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'
import { judge } from './judge.ts'
import type { Health } from './judge.ts'
import type { Attempt } from './runTurn.ts'
import { ATTEMPTS_MAX, DISABLED_AFTER_DAYS, retryInMs } from './schedule.ts'

export interface RecordContext {
  db: Db
  newId: () => string
  random?: () => number
}

/** What a turn did with an endpoint. */
export interface TurnResult {
  attempts: Attempt[]
  position: number
  /** Deliveries whose event is not kept any more. */
  gone: Buffer[]
}

/** How an endpoint stands after its turn; undefined when it was deleted, or another process has it. */
export interface Recorded {
  disabled: 'gone' | 'failing' | undefined
  resumed: boolean
}

interface Row {
  position: number
  status: 'active' | 'disabled'
  is_ours: number
  is_over: number | null
  failing_since: Date | null
}

/**
 * Records the answers of a turn, moves the endpoint's position and ends the lease, in one transaction: until it commits,
 * everything is sent again. A replay that came meanwhile keeps its position. May run again after a lost COMMIT.
 */
export function recordTurn(
  { db, newId, random = Math.random }: RecordContext,
  endpoint: ClaimedEndpoint,
  { attempts, position, gone }: TurnResult,
): Promise<Recorded | undefined> {
  const ids = attempts.map(({ task }) => task.deliveryId ?? identifierToBytes(newId()))
  return transact(
    db,
    'webhooks.record',
    async (tx) => {
      const row = await lockEndpoint(tx, endpoint)
      if (row?.is_ours !== 1) return undefined
      const health = judge(endpoint, attempts, { isOver: row.is_over === 1, status: row.status })
      const rows = attempts.map((attempt, index) =>
        toRow(endpoint, attempt, { id: ids[index], random, health }),
      )
      await writeDeliveries(tx, rows)
      await forget(tx, endpoint, gone)
      const isMoved = row.position !== endpoint.position
      await writeEndpoint(tx, endpoint, { health, position: isMoved ? row.position : position })
      return { disabled: health.disabled, resumed: health.resumed }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

async function lockEndpoint(tx: Tx, { id, owner }: ClaimedEndpoint): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    SELECT position, status, failing_since, owner = ${owner} AS is_ours,
           failing_since < NOW(3) - INTERVAL ${sql.lit(DISABLED_AFTER_DAYS)} DAY AS is_over
    FROM webhook_endpoints FORCE INDEX (PRIMARY) WHERE id = ${id} FOR UPDATE`.execute(tx)
  return rows[0]
}

function toRow(
  endpoint: ClaimedEndpoint,
  { task, answer }: Attempt,
  { id, random, health }: { id: Buffer | undefined; random: () => number; health: Health },
): Value[] {
  if (!id) throw new Error('an attempt has no delivery')
  const attempts = Math.min(task.attempts + 1, ATTEMPTS_MAX)
  const isDelivered = answer.result === 'delivered'
  const isTest = task.seq === null
  const isKept = health.disabled !== undefined && endpoint.kind === 'endpoint'
  const isFinal = isDelivered || isTest || (answer.status === 410 && endpoint.kind === 'callback')
  // What was refused as the endpoint was disabled is due when it resumes.
  const wait = isFinal ? undefined : isKept ? 0 : retryInMs(attempts, answer.retryAfterMs, random)
  const status = isDelivered ? 'delivered' : wait === undefined ? 'failed' : 'pending'
  return [
    ...[endpoint.id, id, endpoint.userId, task.seq, task.eventId, task.eventType],
    ...[endpoint.kind === 'callback' ? task.url : null, status, attempts, inMs(wait), NOW],
    ...[answer.status, answer.error?.slice(0, 100) ?? null, answer.text, answer.durationMs],
    task.createdAt ? dateTime(task.createdAt.getTime()) : NOW,
  ]
}

function inMs(ms: number | undefined): Value {
  return ms === undefined ? null : sqlValue(`NOW(3) + INTERVAL ${Math.round(ms) * 1_000} MICROSECOND`)
}

/** Whole rows, whether they were there or not. */
async function writeDeliveries(tx: Tx, rows: Value[][]): Promise<void> {
  if (rows.length === 0) return
  await sql`REPLACE INTO webhook_deliveries (endpoint_id, id, user_id, seq, event_id, event_type, url, status, attempts,
    next_attempt_at, last_attempt_at, last_status, last_error, last_answer, last_duration_ms, created_at)
    VALUES ${list(rows)}`.execute(tx)
}

async function forget(tx: Tx, { id }: ClaimedEndpoint, gone: Buffer[]): Promise<void> {
  if (gone.length === 0) return
  await sql`UPDATE webhook_deliveries FORCE INDEX (PRIMARY)
    SET status = 'failed', next_attempt_at = NULL, last_error = 'the event is not kept any more'
    WHERE endpoint_id = ${id} AND id IN (${list(gone)})`.execute(tx)
}

/** Its next turn: now if the log goes on, else when a delivery is due; not before its pause is over. */
async function writeEndpoint(
  tx: Tx,
  { id, userId, kind }: ClaimedEndpoint,
  { health, position }: { health: Health; position: number },
): Promise<void> {
  const isActive = health.status === 'active'
  const hasMore = isActive && kind === 'endpoint' && position < (await readLastSeq(tx, userId))
  const { rows } = await sql<{ next: Date | null }>`
    SELECT MIN(next_attempt_at) AS next FROM webhook_deliveries FORCE INDEX (idx_webhook_deliveries_next)
    WHERE endpoint_id = ${id} AND next_attempt_at IS NOT NULL ${isActive ? sql`` : sql`AND seq IS NULL`}`.execute(
    tx,
  )
  const next = rows[0]?.next
  const dueAt = hasMore
    ? sql`NOW(3)`
    : next
      ? sql`CAST(${dateTime(next.getTime())} AS DATETIME(3))`
      : sql`NULL`
  const paused = sql`NOW(3) + INTERVAL ${sql.lit(Math.round(health.pauseMs) * 1_000)} MICROSECOND`
  const isPaused = health.pauseMs > 0
  const since = { keep: sql`COALESCE(failing_since, NOW(3))`, clear: sql`NULL`, as_it_is: sql`failing_since` }
  await sql`UPDATE webhook_endpoints SET owner = NULL, position = ${position}, status = ${health.status},
      disabled_reason = ${isActive ? sql`NULL` : sql`COALESCE(${health.disabled ?? null}, disabled_reason)`},
      failures = ${health.failures}, failing_since = ${since[health.since]}, is_slow = ${health.isSlow ? 1 : 0},
      paused_until = ${isPaused ? paused : sql`NULL`},
      due_at = ${isPaused ? sql`GREATEST(${dueAt}, ${paused})` : dueAt}
    WHERE id = ${id}`.execute(tx)
}
