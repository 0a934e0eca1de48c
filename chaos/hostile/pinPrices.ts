import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import { CLASSES } from '../../src/primitives/messageClass.ts'
import { insertTariff } from '../../src/tariffs/index.ts'
import type { World } from './draw.ts'
import { HOSTILE_NUMBERS } from './values.ts'

/**
 * Gives each customer of the world, and each whose number is a hostile value, its prices as tariffs of its own: a request
 * that creates a tariff for all customers then changes none of theirs, and what a message costs stays known.
 */
export async function pinPrices(databaseUrl: string, { customers, prices }: World): Promise<void> {
  const db = openDb({ url: databaseUrl, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 60 })
  try {
    await transact(db, 'hostile.pin_prices', async (tx) => {
      for (const userId of new Set([...customers, ...HOSTILE_NUMBERS]))
        for (const type of CLASSES)
          await insertTariff(tx, {
            ...{ userId, type, destinationPrefix: '', validFromMs: 0, validUntilMs: null },
            ...{ per: 'message', price: prices[type] },
          })
    })
  } finally {
    await closeDb(db)
  }
}
