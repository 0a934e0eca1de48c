import { sql } from 'kysely'
import type { Reader, Tx } from '../platform/db/index.ts'

/** @returns the number that every change of a customer or a key raises. */
export async function readRevision(reader: Reader): Promise<number> {
  const { rows } = await sql<{ revision: number }>`SELECT revision FROM access_revision WHERE id = 1`.execute(
    reader,
  )
  const [row] = rows
  if (!row) throw new Error('access_revision has no row')
  return row.revision
}

/** Locks the revision, and so all changes of customers and keys against each other. Locked before any row of them. */
export async function lockRevision(tx: Tx): Promise<void> {
  await sql`SELECT revision FROM access_revision WHERE id = 1 FOR UPDATE`.execute(tx)
}

/** Raises the revision, so that every process reads its keys again. It must be locked. */
export async function raiseRevision(tx: Tx): Promise<void> {
  await sql`UPDATE access_revision SET revision = revision + 1 WHERE id = 1`.execute(tx)
}
