import { sql } from 'kysely'
import { recordChange } from '../../accounts/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db, Tx } from '../../platform/db/index.ts'
import { identifierToBytes } from '../../primitives/identifier.ts'
import { Unavailable } from '../../primitives/unavailable.ts'
import { isReading } from './kinds.ts'
import type { ActionKind } from './kinds.ts'

export interface ActionRequest {
  kind: ActionKind
  input: object
  reason: string
  actor: string
}

/** Not carried out yet. Without a relay they stay, and must not pile up. */
export const OPEN_ACTIONS_MAX = 100
const ACTOR_CHARS_MAX = 100

/**
 * Asks the relays for an action, and records who did and why. @returns its identifier.
 * @throws Unavailable `too_many_actions`, CommitUnknown.
 */
export async function requestAction(
  { db, newId }: { db: Db; newId: () => string },
  { kind, input, reason, actor }: ActionRequest,
): Promise<string> {
  const [id, logId] = [newId(), newId()]
  const decision = await transact<'requested' | 'too_many'>(
    db,
    'ops.request_action',
    async (tx) => {
      if (await isThere(tx, id)) return 'requested'
      if ((await countOpen(tx)) >= OPEN_ACTIONS_MAX) return 'too_many'
      await sql`INSERT INTO admin_actions (id, kind, input, actor, reason, state, created_at)
        VALUES (${identifierToBytes(id)}, ${kind}, ${JSON.stringify(input)}, ${actor.slice(0, ACTOR_CHARS_MAX)},
          ${reason}, 'requested', NOW(3))`.execute(tx)
      const details = { reason, action_id: id }
      if (!isReading(kind)) await recordChange(tx, logId, { actor, action: kind, userId: null, details })
      return 'requested'
    },
    { resolve: () => Promise.resolve(undefined) },
  )
  if (decision === 'too_many') throw tooManyActions()
  return id
}

async function isThere(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM admin_actions WHERE id = ${identifierToBytes(id)}`.execute(tx)
  return rows.length > 0
}

async function countOpen(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT COUNT(*) AS count FROM
    (SELECT 1 FROM admin_actions FORCE INDEX (idx_admin_actions_state) WHERE state IN ('requested', 'running')
      LIMIT ${sql.lit(OPEN_ACTIONS_MAX)}) counted`.execute(tx)
  return Number(rows[0]?.count ?? 0)
}

export function tooManyActions(): Unavailable {
  return new Unavailable('too_many_actions', 'Too many actions wait for a relay. Nothing was changed.', {
    retryAfterSeconds: 5,
  })
}
