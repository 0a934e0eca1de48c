import { sql } from 'kysely'
import { read, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../primitives/identifier.ts'
import { findEndpoint } from './readEndpoints.ts'
import type { EndpointKey } from './types.ts'

/** One event at one endpoint, with the answer to its last attempt. */
export interface Delivery {
  id: string
  eventId: string
  eventType: string
  /** Null for a test. */
  sequence: number | null
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  nextAttemptAt: Date | null
  lastAttemptAt: Date | null
  /** The HTTP status. */
  lastStatus: number | null
  lastError: string | null
  /** The beginning of the answer's body. */
  lastAnswer: string | null
  lastDurationMs: number | null
  createdAt: Date
}

export interface DeliveriesQuery extends EndpointKey {
  limit: number
  before?: string | undefined
}

export interface DeliveriesPage {
  deliveries: Delivery[]
  nextBefore: string | null
}

interface Row {
  id: Buffer
  event_id: string
  event_type: string
  seq: number | null
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  next_attempt_at: Date | null
  last_attempt_at: Date | null
  last_status: number | null
  last_error: string | null
  last_answer: string | null
  last_duration_ms: number | null
  created_at: Date
}

/** @returns an endpoint's deliveries, newest first; undefined when there is no such endpoint. @throws Unavailable. */
export function listDeliveries(db: Db, query: DeliveriesQuery): Promise<DeliveriesPage | undefined> {
  const { limit, before } = query
  return read(db, 'webhooks.list_deliveries', async (reader) => {
    const endpoint = await findEndpoint(reader, query)
    if (!endpoint) return undefined
    const below = before === undefined ? sql`` : sql`AND id < ${identifierToBytes(before)}`
    const { rows } = await sql<Row>`
      SELECT id, event_id, event_type, seq, status, attempts, next_attempt_at, last_attempt_at, last_status, last_error,
             last_answer, last_duration_ms, created_at
      FROM webhook_deliveries FORCE INDEX (PRIMARY)
      WHERE endpoint_id = ${identifierToBytes(endpoint.id)} ${below}
      ORDER BY endpoint_id DESC, id DESC LIMIT ${sql.lit(limit + 1)}`.execute(reader)
    const deliveries = rows.slice(0, limit).map(toDelivery)
    return { deliveries, nextBefore: rows.length > limit ? (deliveries.at(-1)?.id ?? null) : null }
  })
}

function toDelivery(row: Row): Delivery {
  return {
    ...{
      id: identifierFromBytes(row.id),
      eventId: row.event_id,
      eventType: row.event_type,
      sequence: row.seq,
    },
    ...{ status: row.status, attempts: row.attempts, nextAttemptAt: row.next_attempt_at },
    ...{ lastAttemptAt: row.last_attempt_at, lastStatus: row.last_status, lastError: row.last_error },
    ...{ lastAnswer: row.last_answer, lastDurationMs: row.last_duration_ms, createdAt: row.created_at },
  }
}

/** Sends a test to an endpoint, also to a disabled one. @returns the delivery's identifier, by which its answer is found. */
export function testEndpoint(
  { db, newId }: { db: Db; newId: () => string },
  key: EndpointKey,
): Promise<string | undefined> {
  const id = newId()
  return transact(
    db,
    'webhooks.test',
    async (tx) => {
      const endpoint = await findEndpoint(tx, key)
      if (!endpoint) return undefined
      const endpointId = identifierToBytes(endpoint.id)
      await sql`INSERT INTO webhook_deliveries (endpoint_id, id, user_id, seq, event_id, event_type, url, status, attempts,
          next_attempt_at, created_at)
        VALUES (${endpointId}, ${identifierToBytes(id)}, ${key.userId}, NULL, ${`evt_test_${id}`}, 'webhook.test', NULL,
          'pending', 0, NOW(3), NOW(3)) ON DUPLICATE KEY UPDATE attempts = webhook_deliveries.attempts`.execute(
        tx,
      )
      // A pause of a failing endpoint does not hold up a test. Its row stays locked, as when events wake it.
      await sql`UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET due_at = IF(owner IS NULL, NOW(3), due_at)
        WHERE id = ${endpointId}`.execute(tx)
      return id
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}
