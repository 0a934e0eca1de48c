import { createDemoClient } from '../../src/accounts/index.ts'
import { ConfigFault, readSettings } from '../../src/platform/config/index.ts'
import { closeDb, databaseNowMs, openDb } from '../../src/platform/db/index.ts'
import { identifierMaker } from '../../src/primitives/identifier.ts'
import { SETTINGS } from '../../src/roles/settings.ts'

const CONNECTIONS = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }

/** Creates the customer with the key `secret` and its tariff, unless the database has had them before. */
export async function giveDemoClient(databaseUrl: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { values, faults } = readSettings(env, { PRICE_PER_PART_CENTS: SETTINGS.PRICE_PER_PART_CENTS })
  if (faults.length > 0) throw new ConfigFault(faults)
  const db = openDb({ ...CONNECTIONS, url: databaseUrl })
  try {
    const newId = identifierMaker(() => databaseNowMs(db))
    await createDemoClient({ db, newId }, values.PRICE_PER_PART_CENTS)
  } finally {
    await closeDb(db)
  }
}
