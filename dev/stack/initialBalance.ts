import { createConnection } from 'mysql2/promise'

export const FIRST_CUSTOMER = 1
const INITIAL_BALANCE = 1_000
const REQUEST_TIMEOUT_MS = 30_000

/** True when no customer has a balance yet: only then is an initial one given. */
export async function hasNoCustomers(databaseUrl: string): Promise<boolean> {
  const connection = await createConnection({ uri: databaseUrl })
  try {
    const [rows] = await connection.query('SELECT 1 FROM user_balances LIMIT 1')
    return Array.isArray(rows) && rows.length === 0
  } finally {
    await connection.end()
  }
}

/** Gives customer 1 something to spend, through the API and so through the ledger, like any other top-up. */
export async function giveInitialBalance(apiUrl: string): Promise<void> {
  const response = await fetch(`${apiUrl}/balance/add`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      user_id: FIRST_CUSTOMER,
      balance: INITIAL_BALANCE,
      description: 'initial balance',
    }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`POST /balance/add answered ${response.status}: ${await response.text()}`)
}
