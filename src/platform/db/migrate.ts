import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { createConnection } from 'mysql2'
import type { Connection } from 'mysql2'
import { asUnavailable } from './faults.ts'
import { runStatement } from './session.ts'

export interface Migration {
  version: number
  name: string
  sql: string
}

/** Another process that migrates is waited for this long. */
const LOCK_TIMEOUT_SECONDS = 120
const FOLDER = new URL('../../../db/migrations/', import.meta.url)

const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version    INT          NOT NULL,
  name       VARCHAR(100) NOT NULL,
  checksum   CHAR(64)     NOT NULL,
  applied_at DATETIME(3)  NOT NULL,
  PRIMARY KEY (version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`

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

/**
 * Brings the database to the program's version, forward only. Several processes may start at once: a named lock lets
 * one migrate, and the others find nothing left to do. A statement can be repeated after a crash in mid-file, as DDL
 * does not roll back. @returns the names applied. @throws Unavailable while the database is away, and an error when it is
 * newer than the program, or when a migration that was applied has been changed since.
 */
export async function migrate(databaseUrl: string, migrations?: Migration[]): Promise<string[]> {
  const wanted = migrations ?? (await loadMigrations())
  const connection = createConnection({
    uri: databaseUrl,
    multipleStatements: true,
    charset: 'utf8mb4',
    timezone: 'Z',
  })
  // What it means arrives at the statement that was under way.
  connection.on('error', () => {})
  try {
    await runStatement(connection, `SET time_zone = '+00:00'`)
    await lock(connection)
    await runStatement(connection, CREATE_TABLE)
    const applied = await readApplied(connection)
    assertKnown(applied, wanted)
    const missing = wanted.filter(({ version }) => !applied.has(version))
    for (const migration of missing) await apply(connection, migration)
    return missing.map(({ name }) => name)
  } catch (error) {
    throw asUnavailable(error)
  } finally {
    connection.destroy()
  }
}

async function lock(connection: Connection): Promise<void> {
  const rows = await runStatement(
    connection,
    `SELECT GET_LOCK(CONCAT('chapar migrate ', LEFT(DATABASE(), 48)), ?) AS locked`,
    [LOCK_TIMEOUT_SECONDS],
  )
  if ((rows as { locked: number }[])[0]?.locked !== 1)
    throw new Error('another process holds the migration lock')
}

async function readApplied(connection: Connection): Promise<Map<number, string>> {
  const rows = await runStatement(connection, 'SELECT version, checksum FROM schema_migrations')
  return new Map((rows as { version: number; checksum: string }[]).map((row) => [row.version, row.checksum]))
}

function assertKnown(applied: Map<number, string>, wanted: Migration[]): void {
  const known = new Map(wanted.map((migration) => [migration.version, migration]))
  for (const [version, sum] of applied) {
    const migration = known.get(version)
    if (!migration)
      throw new Error(`the database is at migration ${version}, newer than this program: upgrade the program`)
    if (checksum(migration) !== sum)
      throw new Error(`migration ${version} was changed after it had been applied`)
  }
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  await runStatement(connection, migration.sql)
  await runStatement(connection, 'INSERT INTO schema_migrations VALUES (?, ?, ?, NOW(3))', [
    migration.version,
    migration.name,
    checksum(migration),
  ])
}

function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex')
}
