import { createConnection } from 'mysql2/promise'
import type { Connection, RowDataPacket } from 'mysql2/promise'

/** A connection to the database besides the engine's, in UTC. */
export interface Database {
  /** Runs a query. Parameters are written as `?`. */
  rows<T>(sql: string, parameters?: unknown[]): Promise<T[]>
  /** Runs one statement for its effect. */
  run(sql: string, parameters?: unknown[]): Promise<void>
  close(): Promise<void>
}

export async function openDatabase(url: string): Promise<Database> {
  const connection = await createConnection({ uri: url, timezone: 'Z', supportBigNumbers: true })
  // A server that stops while the connection is idle emits an error that no query awaits; the next query rejects
  // anyway.
  connection.on('error', () => {})
  await connection.query(`SET time_zone = '+00:00'`)
  await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  return asDatabase(connection)
}

function asDatabase(connection: Connection): Database {
  return {
    async rows<T>(sql: string, parameters: unknown[] = []) {
      const [rows] = await connection.query<RowDataPacket[]>(sql, parameters)
      return rows as T[]
    },
    async run(sql, parameters = []) {
      await connection.query(sql, parameters)
    },
    close: () => connection.end(),
  }
}

/** Opens a connection for one use and closes it. */
export async function withDatabase<T>(url: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(url)
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}
