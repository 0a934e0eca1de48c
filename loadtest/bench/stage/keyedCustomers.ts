import type { Scope } from '../../../src/primitives/access.ts'
import { CUSTOMER_FIRST } from './customers.ts'
import type { Database } from './database.ts'
import { identifierSql, numbersBelow } from './numbers.ts'

/** The key of a customer is this and the customer's number. */
export const BENCH_KEY_PREFIX = 'chapar_live_benchmark_'

const CREATED_MS = '1600000000000'
/** The highest that a limit may state, so that each request is counted and none is refused. */
const PARTS_PER_MINUTE = 600_000
const PARTS_BURST = 1_000_000
const REQUESTS_PER_SECOND = 10_000

/** Gives customers 1 to `count` a row with limits, and a key each. */
export async function seedKeys(database: Database, count: number, scope: Scope = 'send'): Promise<void> {
  const number = `n + ${CUSTOMER_FIRST}`
  const id = identifierSql(CREATED_MS, number)
  await database.run(
    `INSERT INTO customers (user_id, public_id, name, tier, parts_per_minute, parts_burst, requests_per_second,
                            created_at, updated_at)
     SELECT ${number}, ${id}, 'benchmark', 'premium', ${PARTS_PER_MINUTE}, ${PARTS_BURST}, ${REQUESTS_PER_SECOND},
            NOW(3), NOW(3)
     FROM ${numbersBelow(count)} numbers`,
  )
  await database.run(
    `INSERT INTO api_keys (id, key_hash, user_id, name, hint, mode, scopes, created_at)
     SELECT ${id}, UNHEX(SHA2(CONCAT(?, ${number}), 256)), ${number}, 'benchmark', 'benchmark', 'live', ?, NOW(3)
     FROM ${numbersBelow(count)} numbers`,
    [BENCH_KEY_PREFIX, scope],
  )
}
