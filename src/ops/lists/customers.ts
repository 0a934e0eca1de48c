import { sql } from 'kysely'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'

/** A customer as it is looked up by people. */
export interface ListedCustomer {
  id: string
  userId: number
  name: string
  tier: string
  balance: number
}

/** A search narrows it. */
const SHOWN_MAX = 50
/** Customers whose names are looked through: there is no index for parts of a name. */
const EXAMINED_MAX = 100_000
const DIGITS = /^[0-9]{1,15}$/

/** @returns customers by number, identifier or part of the name; the newest without a text. */
export function findCustomers(db: Db, text: string): Promise<ListedCustomer[]> {
  return read(db, 'ops.find_customers', async (reader) => {
    const { rows } = await sql<{
      public_id: Buffer
      user_id: number
      name: string
      tier: string
      balance: number | null
    }>`
      SELECT c.public_id, c.user_id, c.name, c.tier, b.balance
      FROM (${candidates(text)}) c LEFT JOIN user_balances b ON b.user_id = c.user_id
      ORDER BY c.public_id DESC LIMIT ${sql.lit(SHOWN_MAX)}`.execute(reader)
    return rows.map((row) => ({
      ...{ id: identifierFromBytes(row.public_id), userId: row.user_id, name: row.name, tier: row.tier },
      balance: row.balance ?? 0,
    }))
  })
}

function candidates(text: string) {
  const columns = sql`SELECT public_id, user_id, name, tier FROM customers`
  if (text === '') return sql`${columns} ORDER BY public_id DESC LIMIT ${sql.lit(SHOWN_MAX)}`
  if (isIdentifier(text)) return sql`${columns} WHERE public_id = ${identifierToBytes(text)}`
  const part = `%${text.replaceAll(/[\\%_]/g, (special) => `\\${special}`)}%`
  const named = sql`SELECT * FROM (${columns} ORDER BY public_id DESC LIMIT ${sql.lit(EXAMINED_MAX)}) newest
    WHERE name LIKE ${part}`
  return DIGITS.test(text) ? sql`${named} UNION ${columns} WHERE user_id = ${Number(text)}` : named
}
