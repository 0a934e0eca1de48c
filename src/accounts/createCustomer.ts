import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import { hasAccount } from '../ledger/index.ts'
import type { Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { changeAccounts } from './change.ts'
import type { AccountsContext } from './change.ts'
import { findCustomer } from './customers.ts'
import type { Customer, CustomerValues } from './types.ts'
import { fromSending } from './sendingColumns.ts'
import { toWords } from './words.ts'

/** Of a new customer whose limits are those of its tier and of the settings. */
export const NO_LIMITS = {
  ...{ partsPerMinute: null, partsBurst: null, requestsPerSecond: null },
  ...{ spendPerDay: null, spendPerMonth: null, allowedSenders: null, onUnknown: null },
  ...{ normalWeight: 1, sendingPartsPerSecond: null, sendingWindow: null },
  ...{ guaranteedWithinMs: null, hedge: false },
}

export type CreateDecision = { kind: 'created'; customer: Customer } | { kind: 'customer_exists' }

/**
 * Ten digits: a free one is found at once, and one customer's says nothing about another's. Numbers that customers of
 * seed 003 chose themselves are mostly shorter.
 */
const NUMBER_MIN = 1_000_000_000
const NUMBER_MAX = 9_999_999_999
const DRAWS_MAX = 100

/**
 * Creates a customer. Without `userId` it gets a number that no customer and no balance has; with one it takes over the
 * balance and the messages that are under it already.
 */
export function createCustomer(
  context: AccountsContext,
  values: CustomerValues & { userId?: number | undefined },
  actor: string,
): Promise<CreateDecision> {
  const publicId = context.newId()
  return changeAccounts<CreateDecision>(context, 'accounts.create_customer', async (tx) => {
    if (values.userId !== undefined && (await hasCustomer(tx, values.userId)))
      return { result: { kind: 'customer_exists' } }
    const userId = values.userId ?? (await drawNumber(tx))
    await insertCustomer(tx, publicId, { ...values, userId })
    const customer = await findCustomer(tx, publicId)
    if (!customer) throw new Error(`customer ${userId} is not there after it was created`)
    const details = { ...values, userId, publicId }
    return {
      result: { kind: 'created', customer },
      change: { actor, action: 'customer.create', userId, details },
    }
  })
}

async function insertCustomer(
  tx: Tx,
  publicId: string,
  values: CustomerValues & { userId: number },
): Promise<void> {
  const { window_express, ...sendingColumns } = fromSending(values)
  await tx
    .insertInto('customers')
    .values({
      user_id: values.userId,
      public_id: identifierToBytes(publicId),
      name: values.name,
      tier: values.tier,
      parts_per_minute: values.partsPerMinute,
      parts_burst: values.partsBurst,
      requests_per_second: values.requestsPerSecond,
      allowed_senders: toWords(values.allowedSenders),
      spend_per_day: values.spendPerDay,
      spend_per_month: values.spendPerMonth,
      on_unknown: values.onUnknown,
      ...sendingColumns,
      window_express: window_express === 1,
      guaranteed_within_ms: values.guaranteedWithinMs,
      hedge: values.hedge,
      created_at: sql`NOW(3)`,
      updated_at: sql`NOW(3)`,
    })
    .execute()
}

async function drawNumber(tx: Tx): Promise<number> {
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const userId = randomInt(NUMBER_MIN, NUMBER_MAX + 1)
    if (!(await hasCustomer(tx, userId)) && !(await hasAccount(tx, userId))) return userId
  }
  throw new Error('no free number was found for a customer')
}

async function hasCustomer(tx: Tx, userId: number): Promise<boolean> {
  const row = await tx
    .selectFrom('customers')
    .select('user_id')
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row !== undefined
}
