import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import type { HeadPosition } from './head.ts'
import type { Cursor } from './pass.ts'

/** Above the longest rest between two steps; another relay takes over this long after one was killed. */
const AUDIT_LEASE_SECONDS = 60

export interface Checkpoint {
  /** Whether this relay has the lease of the audit; otherwise another one does. */
  isOurs: boolean
  /** Undefined before the first slice was audited. */
  head: HeadPosition | undefined
  /** The position of the whole pass; undefined at its beginning. */
  cursor: Cursor | undefined
  state: Buffer | undefined
  /** The age of the last finished pass, or of the start of the first, by the database's clock; null before that. */
  passAgeSeconds: number | null
  /** The age of the newest audited message; null before the first slice. */
  headAgeSeconds: number | null
}

/** What changes with a step. `state`: null removes it, undefined leaves it as it is. */
export interface Progress {
  head: HeadPosition
  cursor: Cursor | undefined
  state: Buffer | null | undefined
  isPassOver: boolean
}

interface Row {
  is_ours: number
  head_until_ms: string | null
  head_cursor: string | null
  pass_cursor: string | null
  pass_state: Buffer | null
  pass_age: number | null
  head_age: number | null
}

/** Takes the lease of the audit when no relay has it. @returns the checkpoint. */
export function takeCheckpoint(db: Db, owner: Buffer): Promise<Checkpoint> {
  return transact(
    db,
    'audit.take',
    async (tx) => {
      // Makes a first pass that never finishes visible: until a pass has finished, the column holds the start of the
      // first.
      await sql`UPDATE audit_checkpoint SET owner = ${owner}, ${lease},
          pass_ended_at = COALESCE(pass_ended_at, NOW(3))
        WHERE id = 1 AND (owner IS NULL OR owner = ${owner} OR lease_until <= NOW(3))`.execute(tx)
      return readCheckpoint(tx, owner)
    },
    { resolve: (tx) => readCheckpoint(tx, owner) },
  )
}

/** Writes the positions of head and pass. @returns false when another relay has taken the audit over. */
export function saveCheckpoint(db: Db, owner: Buffer, progress: Progress): Promise<boolean> {
  const { head, cursor, state, isPassOver } = progress
  const ended = isPassOver ? sql`, pass_ended_at = NOW(3)` : sql``
  const kept = state === undefined ? sql`` : sql`, pass_state = ${state}`
  return transact(
    db,
    'audit.save',
    async (tx) => {
      const { numAffectedRows } = await sql`UPDATE audit_checkpoint
        SET head_until = FROM_UNIXTIME(${sql.lit(head.untilMs / 1_000)}), head_cursor = ${toText(head.slice)},
          pass_cursor = ${toText(cursor)}, ${lease}${kept}${ended}
        WHERE id = 1 AND owner = ${owner}`.execute(tx)
      return numAffectedRows === 1n
    },
    // After a lost COMMIT, the same values are written again.
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** Releases the lease, so that another relay continues immediately with the whole state of this one. */
export function leaveCheckpoint(db: Db, owner: Buffer, state: Buffer | undefined): Promise<void> {
  const kept = state ? sql`, pass_state = ${state}` : sql``
  return transact(db, 'audit.leave', async (tx) => {
    await sql`UPDATE audit_checkpoint SET owner = NULL, lease_until = NULL${kept}
      WHERE id = 1 AND owner = ${owner}`.execute(tx)
  })
}

const lease = sql`lease_until = NOW(3) + INTERVAL ${sql.lit(AUDIT_LEASE_SECONDS)} SECOND`

async function readCheckpoint(tx: Tx, owner: Buffer): Promise<Checkpoint> {
  const { rows } =
    await sql<Row>`SELECT COALESCE(owner = ${owner}, FALSE) AS is_ours, head_cursor, pass_cursor,
      pass_state, CAST(UNIX_TIMESTAMP(head_until) * 1000 AS CHAR) AS head_until_ms,
      TIMESTAMPDIFF(SECOND, pass_ended_at, NOW(3)) AS pass_age,
      TIMESTAMPDIFF(SECOND, head_until, NOW(3)) AS head_age
    FROM audit_checkpoint WHERE id = 1`.execute(tx)
  const [row] = rows
  const untilMs = row?.head_until_ms ? Number(row.head_until_ms) : undefined
  return {
    isOurs: row?.is_ours === 1,
    head: untilMs === undefined ? undefined : { untilMs, slice: fromText(row?.head_cursor) },
    cursor: fromText(row?.pass_cursor),
    state: row?.pass_state ?? undefined,
    passAgeSeconds: row?.pass_age ?? null,
    headAgeSeconds: row?.head_age ?? null,
  }
}

function toText(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

function fromText<T>(text: string | null | undefined): T | undefined {
  return text === null || text === undefined ? undefined : (JSON.parse(text) as T)
}
