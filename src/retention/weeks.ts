import { sql } from 'kysely'
import type { RemovalState, RemovedKind } from '../../db/schema.ts'
import { read, transact } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, madeAtMs } from '../primitives/identifier.ts'
import type { Reason, Week, WeekState } from './types.ts'

interface Row {
  kind: RemovedKind
  below: Buffer
  state: RemovalState
  position: string | null
  has_manifest: number
  age_ms: string | number
  blocked_by: Reason | null
}

/** The weeks that something was done for, the oldest first: some hundred after years. */
export async function readWeekStates(reader: Reader): Promise<WeekState[]> {
  const { rows } = await sql<Row>`
    SELECT kind, below, state, position, manifest IS NOT NULL AS has_manifest, blocked_by,
           TIMESTAMPDIFF(MICROSECOND, changed_at, NOW(3)) DIV 1000 AS age_ms
    FROM removed_weeks ORDER BY kind, below`.execute(reader)
  return rows.map((row) => {
    const below = identifierFromBytes(row.below)
    return {
      ...{ kind: row.kind, below, belowMs: madeAtMs(below), state: row.state, position: row.position },
      ...{ hasManifest: row.has_manifest === 1, ageMs: Number(row.age_ms), blockedBy: row.blocked_by },
    }
  })
}

/** Begins with a week. Does nothing for one that was begun with. */
export function beginWeek(db: Db, { kind, below }: Week): Promise<void> {
  return transact(
    db,
    'retention.begin',
    async (tx) => {
      await sql`INSERT INTO removed_weeks (kind, below, state, changed_at)
        VALUES (${kind}, ${identifierToBytes(below)}, 'checking', NOW(3))
        ON DUPLICATE KEY UPDATE below = VALUES(below)`.execute(tx)
    },
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** Its next state, if it is in the one before: a state is entered once. */
export function enterState(db: Db, week: Week, from: RemovalState, to: RemovalState): Promise<void> {
  return change(
    db,
    week,
    sql`changed_at = IF(state = ${from}, NOW(3), changed_at), blocked_by = NULL,
    state = IF(state = ${from}, ${to}, state)`,
  )
}

export function saveManifest(db: Db, week: Week, sha256: Buffer): Promise<void> {
  return change(db, week, sql`manifest = ${sha256}`)
}

/** @returns the SHA-256 of the manifest of a week's archive; null without one. */
export function readManifest(db: Db, { kind, below }: Pick<Week, 'kind' | 'below'>): Promise<Buffer | null> {
  return read(db, 'retention.manifest', async (reader) => {
    const { rows } = await sql<{ manifest: Buffer | null }>`SELECT manifest FROM removed_weeks
      WHERE kind = ${kind} AND below = ${identifierToBytes(below)}`.execute(reader)
    return rows[0]?.manifest ?? null
  })
}

export function saveReason(db: Db, week: Week, reason: Reason | null): Promise<void> {
  return change(db, week, sql`blocked_by = ${reason}`)
}

function change(db: Db, { kind, below }: Week, changes: ReturnType<typeof sql>): Promise<void> {
  return transact(
    db,
    'retention.change',
    async (tx) => {
      await sql`UPDATE removed_weeks SET ${changes}
        WHERE kind = ${kind} AND below = ${identifierToBytes(below)}`.execute(tx)
    },
    // After a lost COMMIT, the same values are written again.
    { resolve: () => Promise.resolve(undefined) },
  )
}
