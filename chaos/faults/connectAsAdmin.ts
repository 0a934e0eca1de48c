import { createConnection } from 'mysql2/promise'
import type { Connection } from 'mysql2/promise'

const CONNECT_TIMEOUT_MS = 5_000

/** A session past the links, of a user that may do everything. */
export async function connectAsAdmin(uri: string): Promise<Connection> {
  const connection = await createConnection({ uri, connectTimeout: CONNECT_TIMEOUT_MS })
  // A server that is killed meanwhile is a fault of the run, and not of this program.
  connection.on('error', () => {})
  return connection
}
