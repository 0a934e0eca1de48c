import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import type { Place } from './pass.ts'

/** Above the longest rest between two steps; a relay that was killed is succeeded after so long. */
const LEASE_SECONDS = 300

export interface Checkpoint {
  /** Whether this relay has the audit now; otherwise another one does. */
  isOurs: boolean
  /** Where the pass stands; undefined at its beginning. */
  place: Place | undefined
  /** Since a pass was finished, or the first one begun, by the database's clock; null before that. */
  passAgeSeconds: number | null
}

interface Row {
  is_ours: number
  walk: string | null
  after_key: string | null
  age: number | null
}

/** Takes the audit over when nobody has it, and says where it stands. */
export function takeCheckpoint(db: Db, owner: Buffer): Promise<Checkpoint> {
  return transact(
    db,
    'audit.take',
    async (tx) => {
      // A first pass that never ends is to be seen, too: until one has ended, the column holds when the first was begun.
      await sql`UPDATE audit_checkpoint SET owner = ${owner}, ${lease},
          pass_ended_at = COALESCE(pass_ended_at, NOW(3))
        WHERE id = 1 AND (owner IS NULL OR owner = ${owner} OR lease_until <= NOW(3))`.execute(tx)
      return readCheckpoint(tx, owner)
    },
    { resolve: (tx) => readCheckpoint(tx, owner) },
  )
}

/** Writes how far the pass has come; undefined: it is over. @returns false when another relay has taken it over. */
export function saveCheckpoint(db: Db, owner: Buffer, place: Place | undefined): Promise<boolean> {
  const ended = place ? sql`` : sql`, pass_ended_at = NOW(3)`
  return transact(
    db,
    'audit.save',
    async (tx) => {
      const { numAffectedRows } = await sql`UPDATE audit_checkpoint
        SET walk = ${place?.walk ?? null}, after_key = ${place?.after ?? null}, ${lease}${ended}
        WHERE id = 1 AND owner = ${owner}`.execute(tx)
      return numAffectedRows === 1n
    },
    // After a lost COMMIT the same is simply written again.
    { resolve: () => Promise.resolve(undefined) },
  )
}

/** Another relay may go on at once. */
export function leaveCheckpoint(db: Db, owner: Buffer): Promise<void> {
  return transact(db, 'audit.leave', async (tx) => {
    await sql`UPDATE audit_checkpoint SET owner = NULL, lease_until = NULL
      WHERE id = 1 AND owner = ${owner}`.execute(tx)
  })
}

const lease = sql`lease_until = NOW(3) + INTERVAL ${sql.lit(LEASE_SECONDS)} SECOND`

async function readCheckpoint(tx: Tx, owner: Buffer): Promise<Checkpoint> {
  const { rows } = await sql<Row>`SELECT COALESCE(owner = ${owner}, FALSE) AS is_ours, walk, after_key,
      TIMESTAMPDIFF(SECOND, pass_ended_at, NOW(3)) AS age
    FROM audit_checkpoint WHERE id = 1`.execute(tx)
  const [row] = rows
  const place = row?.walk ? { walk: row.walk, after: row.after_key ?? '' } : undefined
  return { isOurs: row?.is_ours === 1, place, passAgeSeconds: row?.age ?? null }
}
