import type { Database } from './database.ts'
import { identifierSql, numbersBelow } from './numbers.ts'

export const CUSTOMER_FIRST = 1

/** Gives customers 1 to `count` a balance with its ledger row, as a top-up does. */
export async function seedCustomers(database: Database, count: number, balance: number): Promise<void> {
  const id = identifierSql('1600000000000', `n + ${CUSTOMER_FIRST}`)
  await database.run(
    `INSERT INTO user_balances (user_id, balance, last_seq, last_updated)
     SELECT n + ${CUSTOMER_FIRST}, ?, 1, NOW(3) FROM ${numbersBelow(count)} numbers`,
    [balance],
  )
  await database.run(
    `INSERT INTO user_transactions (transaction_id, recipient_no, user_id, seq, amount, balance_after,
                                    transaction_type, description, created_at)
     SELECT ${id}, 0, n + ${CUSTOMER_FIRST}, 1, ?, ?, 'topup', 'benchmark', NOW(3)
     FROM ${numbersBelow(count)} numbers`,
    [balance, balance],
  )
}
