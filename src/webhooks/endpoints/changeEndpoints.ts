import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { ENDPOINTS, readLastSeq } from '../../events/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { makeSecret } from '../send/sign.ts'
import { lockAccount, withBit, writeSettings } from '../settings.ts'
import { findEndpoint, selectEndpoints } from './readEndpoints.ts'
import { ENDPOINTS_MAX } from './types.ts'
import type { Endpoint, EndpointKey, EndpointValues } from './types.ts'

export interface EndpointsContext {
  db: Db
  newId: () => string
}

export type CreateEndpointDecision =
  { kind: 'created'; endpoint: Endpoint; secret: string } | { kind: 'too_many_endpoints' }

/**
 * Gives a customer an endpoint. It gets the events of every message that is accepted after the commit: both decide under
 * the balance's lock. @throws Unavailable, CommitUnknown.
 */
export function createEndpoint(
  { db, newId }: EndpointsContext,
  userId: number,
  values: EndpointValues,
): Promise<CreateEndpointDecision> {
  const id = newId()
  const secret = makeSecret()
  return transact<CreateEndpointDecision>(
    db,
    'webhooks.create',
    async (tx) => {
      const account = await lockAccount(tx, userId)
      const before = await selectEndpoints(tx, userId)
      const own = before.find((each) => each.id === id)
      // It was there after a lost COMMIT.
      if (own) return { kind: 'created', endpoint: own, secret }
      if (before.length >= ENDPOINTS_MAX) return { kind: 'too_many_endpoints' }
      await writeSettings(tx, userId, { ...account, eventSinks: account.eventSinks | ENDPOINTS })
      await insertEndpoint(tx, { id, userId, secret, ...values })
      const endpoint = await findEndpoint(tx, { userId, endpointId: id })
      if (!endpoint) throw new Error('a new endpoint is not there')
      return { kind: 'created', endpoint, secret }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

async function insertEndpoint(
  tx: Tx,
  {
    id,
    userId,
    secret,
    url,
    eventTypes,
    includeText,
  }: EndpointValues & { id: string; userId: number; secret: string },
): Promise<void> {
  const position = await readLastSeq(tx, userId)
  await sql`INSERT INTO webhook_endpoints (id, user_id, kind, url, event_types, include_text, secret, position, created_at,
      updated_at)
    VALUES (${identifierToBytes(id)}, ${userId}, 'endpoint', ${url}, ${eventTypes?.join(',') ?? null},
      ${includeText ? 1 : 0}, ${secret}, ${position}, NOW(3), NOW(3))`.execute(tx)
}

/** Changes what is given. @returns undefined when there is no such endpoint. @throws Unavailable, CommitUnknown. */
export function changeEndpoint(
  { db }: Pick<EndpointsContext, 'db'>,
  key: EndpointKey,
  { url, eventTypes, includeText }: { [Name in keyof EndpointValues]?: EndpointValues[Name] | undefined },
): Promise<Endpoint | undefined> {
  const changes = [
    ...(url === undefined ? [] : [sql`url = ${url}`]),
    ...(eventTypes === undefined ? [] : [sql`event_types = ${eventTypes?.join(',') ?? null}`]),
    ...(includeText === undefined ? [] : [sql`include_text = ${includeText ? 1 : 0}`]),
  ]
  return update(db, 'webhooks.change', key, changes)
}

/** Sends every event after the number again, also what was delivered. @returns undefined when there is no such endpoint. */
export function replay(db: Db, key: EndpointKey, after: number): Promise<Endpoint | undefined> {
  return update(db, 'webhooks.replay', key, [
    sql`position = LEAST(position, ${after})`,
    sql`due_at = IF(status = 'active' AND owner IS NULL, GREATEST(NOW(3), COALESCE(paused_until, NOW(3))), due_at)`,
  ])
}

async function update(
  db: Db,
  operation: string,
  key: EndpointKey,
  changes: RawBuilder<unknown>[],
): Promise<Endpoint | undefined> {
  return transact(
    db,
    operation,
    async (tx) => {
      const before = await findEndpoint(tx, key)
      if (!before || changes.length === 0) return before
      await sql`UPDATE webhook_endpoints FORCE INDEX (PRIMARY) SET updated_at = NOW(3), ${sql.join(changes)}
        WHERE id = ${identifierToBytes(before.id)}`.execute(tx)
      return findEndpoint(tx, key)
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** @returns whether there was such an endpoint. @throws Unavailable, CommitUnknown. */
export function deleteEndpoint(db: Db, key: EndpointKey): Promise<boolean> {
  let wasThere = false
  return transact(
    db,
    'webhooks.delete',
    async (tx) => {
      const { userId } = key
      const account = await lockAccount(tx, userId)
      const endpoint = await findEndpoint(tx, key)
      wasThere ||= endpoint !== undefined
      if (!endpoint) return wasThere
      await sql`DELETE FROM webhook_endpoints WHERE id = ${identifierToBytes(endpoint.id)}`.execute(tx)
      const isLast = (await selectEndpoints(tx, userId)).length === 0
      const eventSinks = withBit(account.eventSinks, ENDPOINTS, !isLast)
      await writeSettings(tx, userId, { ...account, eventSinks })
      return true
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}
