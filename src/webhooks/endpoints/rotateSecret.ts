import { sql } from 'kysely'
import { CALLBACKS } from '../../events/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { makeSecret } from '../send/sign.ts'
import { lockAccount, writeSettings } from '../settings.ts'
import { findEndpoint } from './readEndpoints.ts'
import { OVERLAP_HOURS } from './types.ts'
import type { EndpointKey, NewSecret } from './types.ts'

const OVERLAP_END = sql`NOW(3) + INTERVAL ${sql.lit(OVERLAP_HOURS)} HOUR`

/** Gives an endpoint a new secret; the one before it signs as well for a day. @returns undefined when there is none. */
export function rotateSecret(db: Db, key: EndpointKey): Promise<NewSecret | undefined> {
  const secret = makeSecret()
  return transact(
    db,
    'webhooks.rotate',
    async (tx) => {
      const endpoint = await findEndpoint(tx, key)
      if (!endpoint) return undefined
      const id = identifierToBytes(endpoint.id)
      // A repeat after a lost COMMIT changes nothing.
      await sql`UPDATE webhook_endpoints FORCE INDEX (PRIMARY)
        SET previous_secret = secret, previous_until = ${OVERLAP_END}, secret = ${secret}, updated_at = NOW(3)
        WHERE id = ${id} AND secret <> ${secret}`.execute(tx)
      const { rows } = await sql<{ previous_until: Date }>`
        SELECT previous_until FROM webhook_endpoints WHERE id = ${id}`.execute(tx)
      return { secret, previousUntil: rows[0]?.previous_until ?? null }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** Gives a customer the secret that signs to the callback_url of its messages, or a new one. */
export function rotateCallbackSecret(db: Db, userId: number): Promise<NewSecret> {
  const secret = makeSecret()
  return transact(
    db,
    'webhooks.rotate_callback',
    async (tx) => {
      const account = await lockAccount(tx, userId)
      await writeSettings(tx, userId, { ...account, eventSinks: account.eventSinks | CALLBACKS })
      const before = await readCallbackSecret(tx, userId)
      if (!before)
        await sql`INSERT INTO webhook_secrets (user_id, secret) VALUES (${userId}, ${secret})`.execute(tx)
      else if (before.secret !== secret)
        await sql`UPDATE webhook_secrets SET previous_secret = secret, previous_until = ${OVERLAP_END}, secret = ${secret}
          WHERE user_id = ${userId}`.execute(tx)
      const now = await readCallbackSecret(tx, userId)
      return { secret, previousUntil: now?.previousUntil ?? null }
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

async function readCallbackSecret(tx: Tx, userId: number): Promise<NewSecret | undefined> {
  const row = await tx
    .selectFrom('webhook_secrets')
    .select(['secret', 'previous_until'])
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row && { secret: row.secret, previousUntil: row.previous_until }
}
