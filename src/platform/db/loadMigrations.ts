import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'

/** One file of db/migrations, which holds one statement. */
export interface Migration {
  version: number
  name: string
  sql: string
}

const FOLDER = new URL('../../../db/migrations/', import.meta.url)
/** The first line of a migration that older programs cannot live with: `-- requires: 14`. */
const REQUIRES = /^-- requires:(.*)$/m

/** Reads db/migrations: `0001_name.sql`, numbered without gaps. */
export async function loadMigrations(folder: URL = FOLDER): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => ({
      version: Number(file.slice(0, 4)),
      name: file.slice(5, -'.sql'.length),
      sql: await readFile(new URL(file, folder), 'utf8'),
    })),
  )
}

export function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex')
}

/**
 * @returns the number of the migration that a program must know to work on a database with this one: 1 unless the file
 * says otherwise. @throws Error when it names none up to its own.
 */
export function readableFrom({ version, sql }: Migration): number {
  const stated = REQUIRES.exec(sql)?.[1]?.trim()
  if (stated === undefined) return 1
  const required = Number(stated)
  if (Number.isInteger(required) && required >= 1 && required <= version) return required
  throw new Error(`migration ${version}: "-- requires: ${stated}" must name a migration from 1 to ${version}`)
}
