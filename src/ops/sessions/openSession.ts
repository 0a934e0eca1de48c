import { sql } from 'kysely'
import { list, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { makeToken, sessionId } from './token.ts'

/** One working day; nothing renews it. */
export const SESSION_SECONDS = 8 * 60 * 60
/** The oldest ends when there are more: a script that signs in again and again fills no table. */
export const SESSIONS_MAX = 50
/** Rows that are examined beyond: there are none, unless many signed in at one moment. */
const REMOVED_MAX = 1_000
const ACTOR_CHARS_MAX = 100

export interface SessionsContext {
  db: Db
  adminKey: string
}

/** Opens a session for a holder of the admin key. @returns the token for the cookie. @throws Unavailable, CommitUnknown. */
export async function openSession({ db, adminKey }: SessionsContext, actor: string): Promise<string> {
  const token = makeToken()
  const id = sessionId(adminKey, token)
  await transact(
    db,
    'ops.open_session',
    async (tx) => {
      await sql`DELETE FROM admin_sessions WHERE expires_at <= NOW(3) ORDER BY created_at
        LIMIT ${sql.lit(REMOVED_MAX)}`.execute(tx)
      const { rows } = await sql<{ id: Buffer }>`SELECT id FROM admin_sessions ORDER BY created_at DESC, id
        LIMIT ${sql.lit(REMOVED_MAX)} OFFSET ${sql.lit(SESSIONS_MAX - 1)}`.execute(tx)
      if (rows.length > 0)
        await sql`DELETE FROM admin_sessions WHERE id IN (${list(rows.map((row) => row.id))})`.execute(tx)
      await sql`INSERT INTO admin_sessions (id, actor, created_at, expires_at)
        VALUES (${id}, ${actor.slice(0, ACTOR_CHARS_MAX)}, NOW(3), NOW(3) + INTERVAL ${sql.lit(SESSION_SECONDS)} SECOND)
        ON DUPLICATE KEY UPDATE actor = VALUES(actor)`.execute(tx)
    },
    // Run again, it comes to the same.
    { resolve: () => Promise.resolve(undefined) },
  )
  return token
}
