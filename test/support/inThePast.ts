import { sql } from 'kysely'
import { openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { look } from './arrange.ts'

/** Connections whose clock is behind: what they accept is old at once. To be closed. */
export async function openInThePast(databaseUrl: string, seconds: number): Promise<Db> {
  const db = openDb({
    ...{ url: databaseUrl, maxOpenConns: 4, maxIdleConns: 2, connMaxLifetimeSeconds: 300 },
    sessionStatements: [`SET timestamp = UNIX_TIMESTAMP(NOW(3)) - ${seconds}`],
  })
  // The first connection measures the clock, which identifiers follow.
  await look(db, sql`SELECT 1`)
  return db
}
