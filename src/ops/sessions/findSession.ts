import { sql } from 'kysely'
import { read, transact } from '../../platform/db/index.ts'
import type { SessionsContext } from './openSession.ts'
import { sessionId } from './token.ts'

export interface Session {
  /** Who signed in, for the log of changes. */
  actor: string
  expiresAt: Date
}

/** @returns the session of a token; undefined when it has ended or was never there. @throws Unavailable. */
export function findSession({ db, adminKey }: SessionsContext, token: string): Promise<Session | undefined> {
  return read(db, 'ops.find_session', async (reader) => {
    const { rows } = await sql<{
      actor: string
      expires_at: Date
    }>`SELECT actor, expires_at FROM admin_sessions
      WHERE id = ${sessionId(adminKey, token)} AND expires_at > NOW(3)`.execute(reader)
    const [row] = rows
    return row && { actor: row.actor, expiresAt: row.expires_at }
  })
}

/** Signs out. @throws Unavailable. */
export async function endSession({ db, adminKey }: SessionsContext, token: string): Promise<void> {
  await transact(
    db,
    'ops.end_session',
    (tx) => sql`DELETE FROM admin_sessions WHERE id = ${sessionId(adminKey, token)}`.execute(tx),
    { resolve: () => Promise.resolve(undefined) },
  )
}
