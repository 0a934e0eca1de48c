import { createDemoClient } from '../../src/accounts/index.ts'
import { closeDb, databaseNowMs, openDb } from '../../src/platform/db/index.ts'
import { identifierMaker } from '../../src/primitives/identifier.ts'

const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }

/** Creates the customer with the key `secret`, unless the database has had it before. */
export async function giveDemoClient(databaseUrl: string): Promise<void> {
  const db = openDb({ ...CONNECTIONS, url: databaseUrl })
  try {
    await createDemoClient({ db, newId: identifierMaker(() => databaseNowMs(db)) })
  } finally {
    await closeDb(db)
  }
}
