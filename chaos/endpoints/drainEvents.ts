import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import type { CustomerEvents } from './customerEvents.ts'
import { isLiving } from './endpointServer.ts'

const TIMEOUT_MS = 120_000
const LOOK_MS = 500
/** A turn takes 35 seconds at most, and its lease 90: one that still has less than this is of a process that died. */
const LEASE_OF_DEAD_SECONDS = 45

/**
 * Waits until every event has its number and each living endpoint has all of its events. The waits between attempts are
 * hours by design: here they are over at once. @returns what was not over in time, one line each.
 */
export async function drainEvents(
  db: Db,
  eventsOf: ReadonlyMap<number, CustomerEvents>,
  say: (line: string) => void,
): Promise<string[]> {
  const living = [...eventsOf.values()]
    .flatMap(({ hooks }) => hooks)
    .filter(({ hook }) => isLiving(hook))
    .map(({ endpointId }) => endpointId.replaceAll('-', ''))
  const deadlineMs = performance.now() + TIMEOUT_MS
  for (;;) {
    const { unnumbered, behind, pending } = await countLeft(db, living)
    if (unnumbered + behind + pending === 0) return []
    const line = `${unnumbered} events without a number, ${behind} endpoints behind, ${pending} deliveries to come`
    if (performance.now() > deadlineMs) return [`events were not delivered in time: ${line}`]
    say(`waiting for ${line}`)
    await endWaits(db, living)
    await pause(LOOK_MS)
  }
}

/** Endpoints by their identifiers, and the addresses of single messages, all of which live. */
function ofLiving(living: readonly string[]) {
  const listed = sql.join(living.map((id) => sql`UNHEX(${id})`))
  return living.length === 0 ? sql`e.kind = 'callback'` : sql`(e.kind = 'callback' OR e.id IN (${listed}))`
}

async function countLeft(db: Db, living: readonly string[]) {
  const { rows } = await read(db, 'chaos.events_left', (reader) =>
    sql<{ unnumbered: number; behind: number; pending: number }>`
      SELECT (SELECT COUNT(*) FROM event_queue) AS unnumbered,
        (SELECT COUNT(*) FROM webhook_endpoints e JOIN event_sequences s ON s.user_id = e.user_id
          WHERE ${ofLiving(living)} AND e.kind = 'endpoint' AND e.position < s.last_seq) AS behind,
        (SELECT COUNT(*) FROM webhook_endpoints e JOIN webhook_deliveries d ON d.endpoint_id = e.id
          WHERE ${ofLiving(living)} AND d.next_attempt_at IS NOT NULL) AS pending`.execute(reader),
  )
  const [left] = rows
  const count = (value: number | undefined) => Number(value ?? 0)
  return {
    unnumbered: count(left?.unnumbered),
    behind: count(left?.behind),
    pending: count(left?.pending),
  }
}

/** What a process works on is left to it: to send it twice would be allowed, and hide that it is sent once. */
function endWaits(db: Db, living: readonly string[]): Promise<void> {
  return transact(db, 'chaos.end_waits', async (tx) => {
    await sql`UPDATE webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
      SET d.next_attempt_at = NOW(3) WHERE ${ofLiving(living)} AND e.owner IS NULL AND d.next_attempt_at > NOW(3)`.execute(
      tx,
    )
    await sql`UPDATE webhook_endpoints e SET e.due_at = NOW(3), e.paused_until = NULL
      WHERE ${ofLiving(living)} AND e.due_at > NOW(3) AND (e.owner IS NULL
        OR e.due_at < NOW(3) + INTERVAL ${sql.lit(LEASE_OF_DEAD_SECONDS)} SECOND)`.execute(tx)
  })
}
