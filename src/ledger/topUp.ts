import { CommitUnknown, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { TOPPED_UP_MAX } from '../primitives/money.ts'
import { ensureAccount, lockAccounts } from './accounts.ts'
import { post } from './post.ts'
import type { TopUpRequest, TopUpDecision } from './types.ts'

/**
 * Adds money to a customer's balance, through the ledger; an unknown customer comes into being.
 * @throws Unavailable when the database is away; nothing was changed then.
 */
export async function topUp(db: Db, request: TopUpRequest, transactionId: string): Promise<TopUpDecision> {
  try {
    return await transact(db, 'ledger.top_up', (tx) => add(tx, request, transactionId), {
      resolve: (tx) => lookUp(tx, request, transactionId),
    })
  } catch (error) {
    if (error instanceof CommitUnknown) return { kind: 'outcome_unknown', transactionId }
    throw error
  }
}

async function add(
  tx: Tx,
  { userId, amount, description }: TopUpRequest,
  transactionId: string,
): Promise<TopUpDecision> {
  await ensureAccount(tx, userId)
  const account = (await lockAccounts(tx, [userId])).get(userId)
  if (!account) throw new Error(`customer ${userId} has no balance after it was made`)
  if (account.balance > TOPPED_UP_MAX - amount) return { kind: 'balance_limit' }
  await post(tx, [{ account, transactionId, recipientNo: 0, amount, type: 'topup', description }])
  return { kind: 'added', balance: account.balance, transactionId }
}

async function lookUp(
  tx: Tx,
  { userId }: TopUpRequest,
  transactionId: string,
): Promise<TopUpDecision | undefined> {
  await lockAccounts(tx, [userId])
  const row = await tx
    .selectFrom('user_transactions')
    .select('balance_after')
    .where('transaction_id', '=', identifierToBytes(transactionId))
    .where('recipient_no', '=', 0)
    .executeTakeFirst()
  return row && { kind: 'added', balance: row.balance_after, transactionId }
}
