import type { Selectable } from 'kysely'
import type { Customers } from '../../db/schema.ts'
import { read } from '../platform/db/index.ts'
import type { Db, Reader } from '../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../primitives/identifier.ts'
import type { Customer, Page, PageQuery } from './types.ts'
import { toSending } from './sendingColumns.ts'
import { fromWords } from './words.ts'

/** @returns the customer with this public identifier; undefined also for a malformed one. */
export async function findCustomer(reader: Reader, publicId: string): Promise<Customer | undefined> {
  if (!isIdentifier(publicId)) return undefined
  const row = await reader
    .selectFrom('customers')
    .selectAll()
    .where('public_id', '=', identifierToBytes(publicId))
    .executeTakeFirst()
  return row && toCustomer(row)
}

export function readCustomer(db: Db, publicId: string): Promise<Customer | undefined> {
  return read(db, 'accounts.read_customer', (reader) => findCustomer(reader, publicId))
}

/** By seed 003's number. */
export function readCustomerByNumber(db: Db, userId: number): Promise<Customer | undefined> {
  return read(db, 'accounts.read_customer', async (reader) => {
    const row = await reader
      .selectFrom('customers')
      .selectAll()
      .where('user_id', '=', userId)
      .executeTakeFirst()
    return row && toCustomer(row)
  })
}

/** @returns the public identifiers by number. */
export async function findPublicIds(
  reader: Reader,
  userIds: readonly number[],
): Promise<Map<number, string>> {
  if (userIds.length === 0) return new Map()
  const rows = await reader
    .selectFrom('customers')
    .select(['user_id', 'public_id'])
    .where('user_id', 'in', [...new Set(userIds)])
    .execute()
  return new Map(rows.map((row) => [row.user_id, identifierFromBytes(row.public_id)]))
}

/** @returns the names of customers by their numbers; those without one are left out. */
export function nameCustomers(
  db: Db,
  userIds: readonly number[],
): Promise<Pick<Customer, 'userId' | 'publicId' | 'name'>[]> {
  if (userIds.length === 0) return Promise.resolve([])
  return read(db, 'accounts.name_customers', async (reader) => {
    const rows = await reader
      .selectFrom('customers')
      .select(['user_id', 'public_id', 'name'])
      .where('user_id', 'in', [...userIds])
      .execute()
    return rows.map(({ user_id: userId, public_id: publicId, name }) => ({
      ...{ userId, publicId: identifierFromBytes(publicId), name },
    }))
  })
}

/** @returns the customers, newest first. */
export function listCustomers(db: Db, { limit, before }: PageQuery): Promise<Page<Customer>> {
  return read(db, 'accounts.list_customers', async (reader) => {
    const query = reader.selectFrom('customers').selectAll().orderBy('public_id', 'desc')
    const page = before === undefined ? query : query.where('public_id', '<', identifierToBytes(before))
    const rows = await page.limit(limit + 1).execute()
    const items = rows.slice(0, limit).map(toCustomer)
    return { items, nextBefore: rows.length > limit ? (items.at(-1)?.publicId ?? null) : null }
  })
}

export function toCustomer(row: Selectable<Customers>): Customer {
  return {
    userId: row.user_id,
    publicId: identifierFromBytes(row.public_id),
    name: row.name,
    tier: row.tier,
    partsPerMinute: row.parts_per_minute,
    partsBurst: row.parts_burst,
    requestsPerSecond: row.requests_per_second,
    allowedSenders: fromWords(row.allowed_senders),
    spendPerDay: row.spend_per_day,
    spendPerMonth: row.spend_per_month,
    onUnknown: row.on_unknown,
    ...toSending(row),
    guaranteedWithinMs: row.guaranteed_within_ms,
    hedge: row.hedge === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
