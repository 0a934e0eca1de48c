import { sql } from 'kysely'
import type { Tx } from '../platform/db/index.ts'
import { changeAccounts } from './change.ts'
import type { AccountsContext } from './change.ts'
import { findCustomer } from './customers.ts'
import { fromSending } from './sendingColumns.ts'
import { toWords } from './words.ts'
import type { Customer, CustomerValues } from './types.ts'

/** Changes the values that are given. @returns the customer as it is then; undefined when there is none. */
export function changeCustomer(
  context: AccountsContext,
  publicId: string,
  values: Partial<CustomerValues>,
  actor: string,
): Promise<Customer | undefined> {
  return changeAccounts(context, 'accounts.change_customer', async (tx) => {
    const before = await findCustomer(tx, publicId)
    if (!before) return { result: undefined }
    await write(tx, { ...before, ...values })
    return {
      result: await findCustomer(tx, publicId),
      change: { actor, action: 'customer.change', userId: before.userId, details: values },
    }
  })
}

async function write(tx: Tx, { userId, ...values }: Customer): Promise<void> {
  const sending = fromSending(values)
  await sql`UPDATE customers SET name = ${values.name}, tier = ${values.tier},
      parts_per_minute = ${values.partsPerMinute}, parts_burst = ${values.partsBurst},
      requests_per_second = ${values.requestsPerSecond}, spend_per_day = ${values.spendPerDay},
      spend_per_month = ${values.spendPerMonth}, allowed_senders = ${toWords(values.allowedSenders)},
      on_unknown = ${values.onUnknown}, normal_weight = ${sending.normal_weight},
      sending_parts_per_second = ${sending.sending_parts_per_second}, window_from = ${sending.window_from},
      window_to = ${sending.window_to}, window_zone = ${sending.window_zone},
      window_express = ${sending.window_express}, guaranteed_within_ms = ${values.guaranteedWithinMs},
      hedge = ${values.hedge}, updated_at = NOW(3)
    WHERE user_id = ${userId}`.execute(tx)
}
