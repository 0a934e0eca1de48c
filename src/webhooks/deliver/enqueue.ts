import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { CALLED_BACK } from '../../events/index.ts'
import type { LoggedEvent } from '../../events/index.ts'
import { readCallbacks } from '../../messages/index.ts'
import { insertRows, list, NOW } from '../../platform/db/index.ts'
import type { Tx, Value } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { eventIdOf } from '../describeEvents.ts'

/**
 * Makes the endpoints of newly numbered events due, and gives each event that goes to a message's callback_url its
 * delivery, in the transaction that numbers them. The counters are locked before; endpoints are locked after them.
 */
export async function enqueue(tx: Tx, events: LoggedEvent[], newId: () => string): Promise<void> {
  await wakeEndpoints(tx, [...new Set(events.map(({ userId }) => userId))])
  await enqueueCallbacks(tx, events, newId)
}

/**
 * One that a process works on finds them at the end of its turn. All are locked until the events are committed, also the
 * unchanged ones: a turn that ended in between would find nothing, and nothing would wake it.
 */
async function wakeEndpoints(tx: Tx, userIds: number[]): Promise<void> {
  await sql`UPDATE webhook_endpoints FORCE INDEX (idx_webhook_endpoints_user)
    SET due_at = IF(status = 'active' AND owner IS NULL AND (due_at IS NULL OR due_at > NOW(3)),
      GREATEST(NOW(3), COALESCE(paused_until, NOW(3))), due_at)
    WHERE user_id IN (${list(userIds)}) AND kind = 'endpoint'`.execute(tx)
}

/** Addresses of one origin are in one group, so that they share their waits and few others do. */
const GROUPS = 16

async function enqueueCallbacks(tx: Tx, events: LoggedEvent[], newId: () => string): Promise<void> {
  const called = events.filter(({ makesEvents }) => (makesEvents & CALLED_BACK) !== 0)
  if (called.length === 0) return
  const ids = new Set(called.map(({ smsIdentifier }) => smsIdentifier))
  const urls = await readCallbacks(tx, [...ids])
  const groups = new Map<string, { id: Buffer; userId: number }>()
  const deliveries: Value[][] = []
  for (const event of called) {
    const url = urls.get(event.smsIdentifier)
    if (url === undefined) continue
    const { userId, seq, type } = event
    const id = groupOf(userId, url)
    groups.set(id.toString('hex'), { id, userId })
    deliveries.push([
      id,
      identifierToBytes(newId()),
      userId,
      seq,
      eventIdOf(event),
      type,
      url,
      'pending',
      0,
      NOW,
      NOW,
    ])
  }
  if (deliveries.length === 0) return
  // In the order in which the ends of turns lock them.
  const rows = [...groups.values()]
    .sort((one, other) => one.userId - other.userId || one.id.compare(other.id))
    .map(({ id, userId }): Value[] => [id, userId, 'callback', 0, NOW, NOW, NOW])
  await sql`INSERT INTO webhook_endpoints (id, user_id, kind, position, due_at, created_at, updated_at)
    VALUES ${list(rows)}
    ON DUPLICATE KEY UPDATE due_at = IF(webhook_endpoints.owner IS NULL, NOW(3), webhook_endpoints.due_at)`.execute(
    tx,
  )
  await insertRows(
    tx,
    sql`INSERT INTO webhook_deliveries (endpoint_id, id, user_id, seq, event_id, event_type, url, status, attempts,
      next_attempt_at, created_at)`,
    deliveries,
  )
}

/** The same identifier for a customer's addresses of one group, so that a group needs no look-up. */
function groupOf(userId: number, url: string): Buffer {
  const group = digest(new URL(url).origin).readUInt32BE() % GROUPS
  return digest(`${userId} ${group}`).subarray(0, 16)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
