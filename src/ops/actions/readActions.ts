import { sql } from 'kysely'
import type { ActionState } from '../../../db/schema.ts'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'

export interface ActionView {
  id: string
  kind: string
  actor: string
  reason: string
  state: ActionState
  /** What it came to, or why it failed. */
  result: unknown
  createdAt: Date
  endedAt: Date | null
}

interface Row {
  id: Buffer
  kind: string
  actor: string
  reason: string
  state: ActionState
  result: string | null
  created_at: Date
  ended_at: Date | null
}

/** @returns undefined when there is no such action (any more). */
export function readAction(db: Db, id: string): Promise<ActionView | undefined> {
  if (!isIdentifier(id)) return Promise.resolve(undefined)
  return read(db, 'ops.read_action', async (reader) => {
    const { rows } = await sql<Row>`SELECT id, kind, actor, reason, state, result, created_at, ended_at
      FROM admin_actions WHERE id = ${identifierToBytes(id)}`.execute(reader)
    return rows[0] && toView(rows[0])
  })
}

/** @returns the newest actions, without what they came to: a list of dead letters is long. */
export function listActions(db: Db, limit: number): Promise<ActionView[]> {
  return read(db, 'ops.list_actions', async (reader) => {
    const { rows } =
      await sql<Row>`SELECT id, kind, actor, reason, state, NULL AS result, created_at, ended_at
      FROM admin_actions WHERE kind <> 'dead_letters.list' ORDER BY id DESC LIMIT ${sql.lit(limit)}`.execute(
        reader,
      )
    return rows.map(toView)
  })
}

function toView(row: Row): ActionView {
  return {
    ...{ id: identifierFromBytes(row.id), kind: row.kind, actor: row.actor, reason: row.reason },
    ...{ state: row.state, result: row.result === null ? null : (JSON.parse(row.result) as unknown) },
    ...{ createdAt: row.created_at, endedAt: row.ended_at },
  }
}
