import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { ARCHIVED_TABLES, exportRange, hashFile } from '../exports/index.ts'
import type { Manifest } from '../exports/index.ts'
import { read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import type { Identifier } from '../primitives/identifier.ts'

/** So that it takes some hours for a week of 700 million rows, and nothing from what is sent. */
const ROWS_PER_SECOND = 20_000
/** Counted in brief statements, because the read view of each blocks purge. */
const COUNTED_PER_QUERY = 20_000

/** A week's files: of the identifiers above `from` and below `below`. */
export interface ArchivedWeek {
  folder: string
  from: Identifier
  below: Identifier
}

export function archiveFolderOf(archive: string, belowMs: number): string {
  return join(archive, new Date(belowMs).toISOString().slice(0, 10))
}

/**
 * Writes a week as Parquet, with a manifest, and reads both back. @returns the SHA-256 of the manifest.
 * @throws Error when the files are not what the manifest says, or have not the rows of the tables.
 */
export async function archiveWeek(db: Db, week: ArchivedWeek): Promise<Buffer> {
  const manifest = await exportRange(db, { ...week, rowsPerSecond: ROWS_PER_SECOND })
  for (const table of ARCHIVED_TABLES) {
    const rows = await countRows(db, table, week)
    const written = manifest.tables[table]?.rows
    if (written !== rows) throw new Error(`${table} has ${rows} rows, and ${written} are in the archive`)
  }
  const sha256 = await hashManifest(week.folder)
  await verifyArchive(week.folder, sha256)
  return sha256
}

/** @throws Error when the manifest is another one, or a file is not what it says. */
export async function verifyArchive(folder: string, sha256: Buffer): Promise<void> {
  if (!sha256.equals(await hashManifest(folder))) throw new Error(`the manifest in ${folder} was changed`)
  const manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest
  for (const table of ARCHIVED_TABLES) {
    const found = await hashFile(join(folder, `${table}.parquet`))
    if (found.sha256 !== manifest.tables[table]?.sha256)
      throw new Error(`${table}.parquet in ${folder} is not the file that was written`)
  }
}

const MANIFEST = 'manifest.json'

async function hashManifest(folder: string): Promise<Buffer> {
  return createHash('sha256')
    .update(await readFile(join(folder, MANIFEST)))
    .digest()
}

async function countRows(db: Db, table: string, { from, below }: ArchivedWeek): Promise<number> {
  const key = sql.ref(table === 'user_transactions' ? 'transaction_id' : 'sms_identifier')
  const last = identifierToBytes(below)
  let count = 0
  for (let after: Buffer | undefined = identifierToBytes(from); after;) {
    const start: Buffer = after
    const page = await read(db, 'retention.count', async (reader) => {
      const { rows } = await sql<{
        id: Buffer
      }>`SELECT ${key} AS id FROM ${sql.table(table)} FORCE INDEX (PRIMARY)
        WHERE ${key} > ${start} AND ${key} < ${last} ORDER BY ${key} LIMIT 1 OFFSET ${sql.lit(COUNTED_PER_QUERY)}`.execute(
        reader,
      )
      const end = rows[0]?.id
      const counted = await sql<{
        n: number
      }>`SELECT COUNT(*) AS n FROM ${sql.table(table)} FORCE INDEX (PRIMARY)
        WHERE ${key} > ${start} AND ${end ? sql`${key} <= ${end}` : sql`${key} < ${last}`}`.execute(reader)
      return { end, n: Number(counted.rows[0]?.n) }
    })
    count += page.n
    after = page.end
  }
  return count
}
