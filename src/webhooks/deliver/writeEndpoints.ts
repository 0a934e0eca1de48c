import { sql } from 'kysely'
import { readLastSeqs } from '../../events/index.ts'
import { dateTime } from '../../platform/db/index.ts'
import type { Tx } from '../../platform/db/index.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'
import type { Health } from './judge.ts'

/** An endpoint after its turn, in the transaction that locked it. */
export interface ChangedEndpoint {
  endpoint: ClaimedEndpoint
  health: Health
  position: number
}

/** Ends the leases. The next turn is now if the log goes on, else when a delivery is due; not before a pause is over. */
export async function writeEndpoints(tx: Tx, changed: readonly ChangedEndpoint[]): Promise<void> {
  if (changed.length === 0) return
  const lastSeqs = await readLastSeqs(
    tx,
    changed.filter(mayHaveMore).map(({ endpoint }) => endpoint.userId),
  )
  const next = await readNext(tx, changed)
  const values = changed.map((each, index) => {
    const { endpoint, health, position } = each
    const hasMore = mayHaveMore(each) && position < (lastSeqs.get(endpoint.userId) ?? 0)
    const dueAt = next[index]
    return [
      ...[endpoint.id.toString('hex'), position, health.status, health.disabled ?? null, health.failures],
      ...[health.since, health.isSlow ? 1 : 0, Math.round(health.pauseMs) * 1_000],
      ...[hasMore ? 1 : 0, dueAt ? dateTime(dueAt.getTime()) : null],
    ]
  })
  const dueAt = sql`IF(turn.has_more, NOW(3), CAST(turn.next_at AS DATETIME(3)))`
  const pausedUntil = sql`IF(turn.pause_us > 0, NOW(3) + INTERVAL turn.pause_us MICROSECOND, NULL)`
  await sql`
    UPDATE JSON_TABLE(${JSON.stringify(values)}, '$[*]' COLUMNS (id CHAR(32) PATH '$[0]',
        position BIGINT PATH '$[1]' ERROR ON ERROR, status VARCHAR(20) CHARACTER SET ascii PATH '$[2]',
        disabled VARCHAR(32) CHARACTER SET ascii PATH '$[3]', failures INT PATH '$[4]' ERROR ON ERROR,
        since VARCHAR(20) CHARACTER SET ascii PATH '$[5]', is_slow TINYINT PATH '$[6]' ERROR ON ERROR,
        pause_us BIGINT PATH '$[7]' ERROR ON ERROR, has_more TINYINT PATH '$[8]' ERROR ON ERROR,
        next_at VARCHAR(23) CHARACTER SET ascii PATH '$[9]')) turn
      STRAIGHT_JOIN webhook_endpoints e FORCE INDEX (PRIMARY) ON e.id = UNHEX(turn.id)
    SET e.owner = NULL, e.position = turn.position, e.status = turn.status,
      e.disabled_reason = IF(turn.status = 'active', NULL, COALESCE(turn.disabled, e.disabled_reason)),
      e.failures = turn.failures, e.is_slow = turn.is_slow,
      e.failing_since = CASE turn.since WHEN 'keep' THEN COALESCE(e.failing_since, NOW(3))
        WHEN 'clear' THEN NULL ELSE e.failing_since END,
      e.paused_until = ${pausedUntil},
      e.due_at = IF(turn.pause_us > 0, GREATEST(${dueAt}, ${pausedUntil}), ${dueAt})`.execute(tx)
}

function mayHaveMore({ endpoint, health }: ChangedEndpoint): boolean {
  return health.status === 'active' && endpoint.kind === 'endpoint'
}

/** The earliest delivery that waits; of a disabled endpoint the earliest test. @returns by position. */
async function readNext(tx: Tx, changed: readonly ChangedEndpoint[]): Promise<(Date | null)[]> {
  const selects = changed.map(
    ({ endpoint, health }, position) => sql`(
      SELECT ${sql.lit(position)} AS position, MIN(next_attempt_at) AS next
      FROM webhook_deliveries FORCE INDEX (idx_webhook_deliveries_next)
      WHERE endpoint_id = ${endpoint.id} AND next_attempt_at IS NOT NULL
        ${health.status === 'active' ? sql`` : sql`AND seq IS NULL`})`,
  )
  const { rows } = await sql<{ position: number; next: Date | null }>`
    ${sql.join(selects, sql` UNION ALL `)}`.execute(tx)
  const found = new Map(rows.map(({ position, next }) => [Number(position), next]))
  return changed.map((_, position) => found.get(position) ?? null)
}
