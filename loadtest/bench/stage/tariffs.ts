import { NUMBER_BASE } from '../../generator/requests.ts'
import { CUSTOMER_FIRST } from './customers.ts'
import type { Database } from './database.ts'
import { numbersBelow } from './numbers.ts'

/** A price list as long as that of a company that sends everywhere. */
const DESTINATIONS = 1_000
const DESTINATION_FIRST = 1_000
/** What all recipients of a load begin with. */
const LOAD_DESTINATION = String(NUMBER_BASE).slice(0, 3)
/** With a price of their own, of 20,000 that the engine admits. */
const OWN_MAX = 10_000

/** A price for each of many destinations, and one of their own for customers 1 to `count`; all as high as without. */
export async function seedTariffs(database: Database, count: number): Promise<void> {
  await database.run(
    `INSERT INTO tariffs (user_id, type, destination_prefix, valid_from, valid_until, per, price, created_at)
     SELECT NULL, NULL, n + ${DESTINATION_FIRST}, '2020-01-01', NULL, 'part', 1, NOW(3)
     FROM ${numbersBelow(DESTINATIONS)} numbers`,
  )
  await database.run(
    `INSERT INTO tariffs (user_id, type, destination_prefix, valid_from, valid_until, per, price, created_at)
     SELECT n + ${CUSTOMER_FIRST}, 'normal', '${LOAD_DESTINATION}', '2020-01-01', NULL, 'part', 1, NOW(3)
     FROM ${numbersBelow(Math.min(count, OWN_MAX))} numbers`,
  )
}
