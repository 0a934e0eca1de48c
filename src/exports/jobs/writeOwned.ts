import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { dateTime, transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { WrittenFile } from '../columns.ts'
import { LEASE_SECONDS } from './claimNext.ts'
import type { Claimed } from './claimNext.ts'

/** What an owner writes about its export. @returns false when the export is deleted, or another process's by now. */

/** How long a failed or expired export is listed. */
const RECORD_KEPT_DAYS = 30
const RENEW_EVERY_MS = (LEASE_SECONDS * 1_000) / 3

const LEASE_END = sql`NOW(3) + INTERVAL ${sql.lit(LEASE_SECONDS)} SECOND`
const RECORD_END = sql`NOW(3) + INTERVAL ${sql.lit(RECORD_KEPT_DAYS)} DAY`

/** The bytes and the position that follows them, together. An end that is tried again and again is no progress. */
export function keepProgress(
  db: Db,
  job: Claimed,
  { reachedMs, examined }: { reachedMs: number; examined: number },
): Promise<boolean> {
  const { file, position, rows, bytes, total } = job
  return write(
    db,
    job,
    sql`file = ${file}, position = ${position}, row_count = ${rows}, byte_count = ${bytes}, total = ${total},
      reached_at = ${dateTime(reachedMs)}, due_at = ${LEASE_END},
      failures = IF(${examined} > 0, 0, failures)`,
  )
}

/** Lets the others have their turns first. */
export function release(db: Db, job: Claimed): Promise<boolean> {
  return write(db, job, sql`owner = NULL, due_at = NOW(3), failures = 0`)
}

export function markDone(
  db: Db,
  job: Claimed,
  { file, bytes, sha256 }: Omit<WrittenFile, 'rows'> & { file: string },
  keepDays: number,
): Promise<boolean> {
  return write(
    db,
    job,
    sql`state = 'done', owner = NULL, file = ${file}, byte_count = ${bytes}, sha256 = ${Buffer.from(sha256, 'hex')},
      ended_at = NOW(3), due_at = NOW(3) + INTERVAL ${sql.lit(keepDays)} DAY`,
  )
}

export function markFailed(db: Db, job: Claimed, reason: string): Promise<boolean> {
  return write(
    db,
    job,
    sql`state = 'failed', reason = ${reason}, owner = NULL, file = NULL, ended_at = NOW(3), due_at = ${RECORD_END}`,
  )
}

export function markExpired(db: Db, job: Claimed): Promise<boolean> {
  return write(db, job, sql`state = 'expired', owner = NULL, file = NULL, due_at = ${RECORD_END}`)
}

export async function removeRecord(db: Db, { key, owner }: Claimed): Promise<void> {
  await transact(db, 'exports.remove', (tx) =>
    sql`DELETE FROM exports WHERE id = ${key} AND owner = ${owner}`.execute(tx),
  )
}

/** Renews the lease while a step takes its time. One that cannot be renewed is found by the next write. */
export async function whileRenewing<T>(db: Db, job: Claimed, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    void write(db, job, sql`due_at = ${LEASE_END}`).catch(() => {})
  }, RENEW_EVERY_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

function write(db: Db, { key, owner }: Claimed, values: RawBuilder<unknown>): Promise<boolean> {
  return transact(db, 'exports.write', async (tx) => {
    const { numAffectedRows } =
      await sql`UPDATE exports SET ${values} WHERE id = ${key} AND owner = ${owner}`.execute(tx)
    return numAffectedRows === 1n
  })
}
