import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Db } from '../../platform/db/index.ts'
import type { WrittenFile } from '../columns.ts'
import { writeParquet } from '../parquet/writeParquet.ts'
import { readColumns } from './readColumns.ts'
import { readRange } from './readRange.ts'
import type { IdentifierRange } from './readRange.ts'

/** The tables that are partitioned by the identifiers of messages and top-ups, and are kept. */
export const ARCHIVED_TABLES = [
  'sms_requests',
  'sms_status',
  'user_transactions',
  'receipts',
  'delivery_attempts',
  'deadline_misses',
] as const
export type ArchivedTable = (typeof ARCHIVED_TABLES)[number]

/** What `manifest.json` says: each table's file is `TABLE.parquet` beside it. */
export interface Manifest extends IdentifierRange {
  tables: Partial<Record<ArchivedTable, WrittenFile>>
}

export interface RangeExport extends IdentifierRange {
  /** Made when it is missing. It belongs to this range alone. */
  folder: string
  rowsPerSecond: number
}

/**
 * Writes all rows of the archived tables within a range of identifiers, which no longer change, as Parquet, with a
 * manifest of counts and SHA-256. After an interruption it continues with the first table that the manifest lacks.
 * @throws ParquetMissing, Unavailable, Error when the folder is of another range.
 */
export async function exportRange(
  db: Db,
  { folder, from, below, rowsPerSecond }: RangeExport,
): Promise<Manifest> {
  await mkdir(folder, { recursive: true })
  const manifest = (await readManifest(folder)) ?? { from, below, tables: {} }
  if (manifest.from !== from || manifest.below !== below)
    throw new Error(`${folder} holds the identifiers from ${manifest.from} to ${manifest.below}`)
  for (const table of ARCHIVED_TABLES) {
    if (manifest.tables[table]) continue
    const shape = await readColumns(db, table)
    const pages = readRange(db, { table, ...shape }, { from, below }, rowsPerSecond)
    manifest.tables[table] = await writeParquet(pages, shape.columns, join(folder, `${table}.parquet`))
    await writeManifest(folder, manifest)
  }
  return manifest
}

const NAME = 'manifest.json'

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, NAME), 'utf8')) as Manifest
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Whole or not at all. */
async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = join(folder, NAME)
  await writeFile(`${path}.part`, `${JSON.stringify(manifest, null, 2)}\n`, { flush: true })
  await rename(`${path}.part`, path)
}
