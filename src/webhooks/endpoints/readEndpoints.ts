import { sql } from 'kysely'
import { EVENT_TYPES } from '../../events/index.ts'
import type { EventType } from '../../events/index.ts'
import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'
import type { Endpoint, EndpointKey } from './types.ts'

interface Row {
  id: Buffer
  url: string
  event_types: string | null
  include_text: number
  status: 'active' | 'disabled'
  disabled_reason: string | null
  position: number
  failures: number
  failing_since: Date | null
  created_at: Date
  updated_at: Date
}

/** @returns a customer's endpoints, oldest first; those of single messages are not listed. */
export function listEndpoints(db: Db, userId: number): Promise<Endpoint[]> {
  return read(db, 'webhooks.list', (reader) => selectEndpoints(reader, userId))
}

export async function selectEndpoints(reader: Reader, userId: number): Promise<Endpoint[]> {
  const { rows } = await sql<Row>`
    SELECT id, url, event_types, include_text, status, disabled_reason, position, failures, failing_since, created_at,
           updated_at
    FROM webhook_endpoints FORCE INDEX (idx_webhook_endpoints_user)
    WHERE user_id = ${userId} AND kind = 'endpoint' ORDER BY user_id, id`.execute(reader)
  return rows.map(toEndpoint)
}

/** @returns undefined for an endpoint that the customer does not have, and for a text that is no identifier. */
export async function findEndpoint(
  reader: Reader,
  { userId, endpointId }: EndpointKey,
): Promise<Endpoint | undefined> {
  if (!isIdentifier(endpointId)) return undefined
  const wanted = identifierToBytes(endpointId)
  const endpoints = await selectEndpoints(reader, userId)
  return endpoints.find(({ id }) => identifierToBytes(id).equals(wanted))
}

function toEndpoint(row: Row): Endpoint {
  return {
    ...{ id: identifierFromBytes(row.id), url: row.url, includeText: row.include_text === 1 },
    eventTypes: row.event_types === null ? null : toEventTypes(row.event_types),
    ...{ status: row.status, disabledReason: row.disabled_reason, position: row.position },
    ...{ failures: row.failures, failingSince: row.failing_since },
    ...{ createdAt: row.created_at, updatedAt: row.updated_at },
  }
}

/** One that a newer program wrote is not shown here. */
function toEventTypes(words: string): EventType[] {
  const given = words.split(',')
  return EVENT_TYPES.filter((type) => given.includes(type))
}
