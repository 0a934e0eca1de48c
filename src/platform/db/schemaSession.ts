import { createConnection } from 'mysql2'
import type { Connection } from 'mysql2'
import { readDatabaseAddress } from './address.ts'
import { asUnavailable, isLockWaitTimeout } from './faults.ts'
import { runStatement } from './session.ts'

/** How long to wait for another process that changes the schema. */
const LOCK_TIMEOUT_SECONDS = 120
/**
 * A DDL statement that waits for a table blocks every statement behind it, by default for a year. An old read view, as
 * a logical backup keeps, is enough for that.
 */
const DDL_WAIT_SECONDS = 1

/**
 * Runs `work` on a connection of its own under the database's one lock for changes of the schema, so that several
 * processes may start at once. @throws Unavailable while the database cannot be reached.
 */
export async function withSchemaLock<T>(
  databaseUrl: string,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = createConnection({
    ...readDatabaseAddress(databaseUrl),
    charset: 'utf8mb4',
    timezone: 'Z',
  })
  // The statement in flight rejects with the same error.
  connection.on('error', () => {})
  try {
    await runStatement(connection, `SET time_zone = '+00:00', lock_wait_timeout = ${DDL_WAIT_SECONDS}`)
    await lock(connection)
    return await work(connection)
  } catch (error) {
    throw asUnavailable(error)
  } finally {
    connection.destroy()
  }
}

/** Runs one DDL statement. @returns `blocked` when other sessions used the table for the whole wait: nothing changed. */
export async function runDdl(connection: Connection, sql: string): Promise<'done' | 'blocked'> {
  try {
    await runStatement(connection, sql)
    return 'done'
  } catch (error) {
    if (isLockWaitTimeout(error)) return 'blocked'
    throw error
  }
}

async function lock(connection: Connection): Promise<void> {
  const rows = await runStatement(
    connection,
    `SELECT GET_LOCK(CONCAT('chapar migrate ', LEFT(DATABASE(), 48)), ?) AS locked`,
    [LOCK_TIMEOUT_SECONDS],
  )
  if ((rows as { locked: number }[])[0]?.locked !== 1)
    throw new Error(`another process has held the migration lock for ${LOCK_TIMEOUT_SECONDS} s`)
}
