import { sql } from 'kysely'
import { dateTime, keyIn, list, NOW, sqlValue, transact } from '../../platform/db/index.ts'
import type { Db, Tx, Value } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'
import { judge } from './judge.ts'
import type { Health } from './judge.ts'
import type { Attempt } from './runTurn.ts'
import { ATTEMPTS_MAX, DISABLED_AFTER_DAYS, retryInMs } from './schedule.ts'
import { writeEndpoints } from './writeEndpoints.ts'

export interface RecordContext {
  db: Db
  newId: () => string
  random?: () => number
}

/** What a turn did with an endpoint. */
export interface EndedTurn {
  endpoint: ClaimedEndpoint
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

/** A turn as it is recorded. */
interface Judged extends EndedTurn {
  health: Health
}

interface Row {
  id: Buffer
  position: number
  status: 'active' | 'disabled'
  owner: Buffer | null
  is_over: number | null
}

/**
 * Records the answers of turns, moves their endpoints' positions and ends the leases, in one transaction, which may run
 * again: until it commits, everything is sent again. A replay that came meanwhile keeps its position.
 * @param turns of different endpoints, all of one kind. @returns by position.
 */
export function recordTurns(
  { db, newId, random = Math.random }: RecordContext,
  turns: readonly EndedTurn[],
): Promise<(Recorded | undefined)[]> {
  const idsOf = new Map(turns.map((turn) => [turn, turn.attempts.map((each) => idOf(each, newId))]))
  return transact(
    db,
    'webhooks.record',
    async (tx) => {
      const found = await lockEndpoints(tx, turns)
      const judged = new Map<EndedTurn, Judged>()
      for (const turn of turns) {
        const row = found.get(keyOf(turn.endpoint))
        if (!row?.owner?.equals(turn.endpoint.owner)) continue
        const health = judge(turn.endpoint, turn.attempts, { isOver: row.is_over === 1, status: row.status })
        const isMoved = row.position !== turn.endpoint.position
        judged.set(turn, { ...turn, health, position: isMoved ? row.position : turn.position })
      }
      const deliveries = [...judged].flatMap(([turn, { endpoint, attempts, health }]) =>
        attempts.map((attempt, index) =>
          toRow(endpoint, attempt, { id: idsOf.get(turn)?.[index], random, health }),
        ),
      )
      await writeDeliveries(tx, deliveries)
      await forget(tx, [...judged.values()])
      await writeEndpoints(tx, [...judged.values()])
      return turns.map((turn) => {
        const health = judged.get(turn)?.health
        return health && { disabled: health.disabled, resumed: health.resumed }
      })
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

function idOf({ task }: Attempt, newId: () => string): Buffer {
  return task.deliveryId ?? identifierToBytes(newId())
}

function keyOf({ id }: Pick<ClaimedEndpoint, 'id'>): string {
  return id.toString('hex')
}

/** In the order in which newly numbered events lock them, so that the two do not wait for each other. */
async function lockEndpoints(tx: Tx, turns: readonly EndedTurn[]): Promise<Map<string, Row>> {
  const keys = turns.map(({ endpoint }) => [endpoint.userId, endpoint.id])
  const { rows } = await sql<Row>`
    SELECT id, position, status, owner,
           failing_since < NOW(3) - INTERVAL ${sql.lit(DISABLED_AFTER_DAYS)} DAY AS is_over
    FROM webhook_endpoints FORCE INDEX (idx_webhook_endpoints_user)
    WHERE ${keyIn(['user_id', 'id'], keys)} ORDER BY user_id, id FOR UPDATE`.execute(tx)
  return new Map(rows.map((row) => [keyOf(row), row]))
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

async function forget(tx: Tx, turns: readonly EndedTurn[]): Promise<void> {
  const keys = turns.flatMap(({ endpoint, gone }) => gone.map((id) => [endpoint.id, id]))
  if (keys.length === 0) return
  await sql`UPDATE webhook_deliveries FORCE INDEX (PRIMARY)
    SET status = 'failed', next_attempt_at = NULL, last_error = 'the event is not kept any more'
    WHERE ${keyIn(['endpoint_id', 'id'], keys)}`.execute(tx)
}
