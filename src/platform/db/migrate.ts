import { setTimeout as pause } from 'node:timers/promises'
import type { Connection } from 'mysql2'
import { checksumOf, loadMigrations, readableFrom } from './loadMigrations.ts'
import type { Migration } from './loadMigrations.ts'
import { ensurePartitions } from './partitions.ts'
import { runDdl, withSchemaLock } from './schemaSession.ts'
import { runStatement } from './session.ts'

/** applied_at is NULL from the start of a migration to its end. readable_from: see `readableFrom`. */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version       INT          NOT NULL,
  name          VARCHAR(100) NOT NULL,
  checksum      CHAR(64)     NOT NULL,
  readable_from INT          NOT NULL,
  started_at    DATETIME(3)  NOT NULL,
  applied_at    DATETIME(3)  NULL,
  PRIMARY KEY (version)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4`

/**
 * Errors of a statement that took effect before a crash: the table, column or key already exists, or is already
 * dropped.
 */
const ALREADY_DONE_ERRNOS = new Set([1050, 1051, 1060, 1061, 1091])

/** The server takes a second statement for an error of syntax, and runs neither. */
const SYNTAX_ERRNO = 1064

/** Attempts on a table that other sessions use, so that a start fails instead of hanging. */
const BLOCKED_TRIES_MAX = 60
const BLOCKED_PAUSE_MS = 1_000

interface Applied {
  version: number
  checksum: string
  readable_from: number
  is_finished: number
}

/**
 * Brings the database to the program's version, forward only, and then creates the partitions ahead; several processes
 * may call it at once. A migration that failed or was interrupted is repeated by the next call.
 * @returns the names applied. @throws Unavailable while the database cannot be reached, and Error when its schema needs
 * a newer program, or when a migration was changed after it had been applied.
 */
export async function migrate(databaseUrl: string, migrations?: Migration[]): Promise<string[]> {
  const wanted = migrations ?? (await loadMigrations())
  return withSchemaLock(databaseUrl, async (connection) => {
    await runStatement(connection, CREATE_TABLE)
    const applied = await readApplied(connection)
    assertReadable([...applied.values()], wanted)
    const missing = wanted.filter(({ version }) => applied.get(version)?.is_finished !== 1)
    for (const migration of missing) await apply(connection, migration, applied.has(migration.version))
    await ensurePartitions(connection)
    return missing.map(({ name }) => name)
  })
}

async function readApplied(connection: Connection): Promise<Map<number, Applied>> {
  const rows = (await runStatement(
    connection,
    'SELECT version, checksum, readable_from, applied_at IS NOT NULL AS is_finished FROM schema_migrations',
  )) as Applied[]
  return new Map(rows.map((row) => [row.version, row]))
}

/** Accepts migrations of a newer program, unless one of them requires a newer program than this. */
function assertReadable(applied: Applied[], wanted: Migration[]): void {
  const known = new Map(wanted.map((migration) => [migration.version, migration]))
  const latest = Math.max(0, ...known.keys())
  for (const { version, checksum, readable_from: needed, is_finished: isFinished } of applied) {
    const migration = known.get(version)
    if (migration && isFinished && checksumOf(migration) !== checksum)
      throw new Error(`migration ${version} was changed after it had been applied`)
    if (!migration && needed > latest)
      throw new Error(
        `the database is at migration ${version}, which needs a program that knows migration ${needed}; ` +
          `this one knows ${latest}: upgrade the program`,
      )
  }
}

async function apply(connection: Connection, migration: Migration, wasBegun: boolean): Promise<void> {
  const { version, name } = migration
  await runStatement(connection, 'REPLACE INTO schema_migrations VALUES (?, ?, ?, ?, NOW(3), NULL)', [
    version,
    name,
    checksumOf(migration),
    readableFrom(migration),
  ])
  await runMigration(connection, migration, wasBegun)
  await runStatement(connection, 'UPDATE schema_migrations SET applied_at = NOW(3) WHERE version = ?', [
    version,
  ])
}

/** DDL does not roll back, so that a migration that was begun before may have taken effect. */
async function runMigration(
  connection: Connection,
  { version, sql }: Migration,
  wasBegun: boolean,
): Promise<void> {
  for (let attempt = 1; attempt <= BLOCKED_TRIES_MAX; attempt++) {
    try {
      if ((await runDdl(connection, sql)) === 'done') return
    } catch (error) {
      const { errno, message } = error as Error & { errno?: number }
      if (wasBegun && errno !== undefined && ALREADY_DONE_ERRNOS.has(errno)) return
      if (errno === SYNTAX_ERRNO)
        throw new Error(`migration ${version} must be one valid statement: ${message}`, { cause: error })
      throw error
    }
    await pause(BLOCKED_PAUSE_MS)
  }
  throw new Error(`migration ${version}: another session kept the table locked, such as a running backup`)
}
