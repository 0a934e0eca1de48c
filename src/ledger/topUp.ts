import { decideKey, findKeys, insertKeys } from '../idempotency/index.ts'
import { CommitUnknown, transact } from '../platform/db/index.ts'
import type { Db, Tx } from '../platform/db/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { TOPPED_UP_MAX } from '../primitives/money.ts'
import { ensureAccount, lockAccounts } from './accounts.ts'
import { propose } from './propose.ts'
import type { Added, TopUpDecision, TopUpRequest } from './types.ts'
import { writeAccounts } from './writeAccounts.ts'

/**
 * Adds money to a customer's balance, through the ledger; an unknown customer is created. `alongside` writes more in the
 * same transaction, such as who did it. @throws Unavailable when the database is unavailable; nothing was changed then.
 */
export async function topUp(
  db: Db,
  request: TopUpRequest,
  transactionId: string,
  alongside: (tx: Tx) => Promise<void> = () => Promise.resolve(),
): Promise<TopUpDecision> {
  const work = async (tx: Tx) => {
    const decision = await add(tx, request, transactionId)
    if (decision.kind === 'added') await alongside(tx)
    return decision
  }
  try {
    return await transact(db, 'ledger.top_up', work, {
      resolve: (tx) => lookUp(tx, request, transactionId),
    })
  } catch (error) {
    if (error instanceof CommitUnknown) return { kind: 'outcome_unknown', transactionId }
    throw error
  }
}

async function add(
  tx: Tx,
  { userId, amount, description, keyed }: TopUpRequest,
  transactionId: string,
): Promise<TopUpDecision> {
  await ensureAccount(tx, userId)
  const account = (await lockAccounts(tx, [userId])).get(userId)
  if (!account) throw new Error(`customer ${userId} has no balance after it was created`)
  // Under the lock, so that of two equal requests the second one finds the key.
  const key = keyed && decideKey(await findKeys(tx, [keyed.request]), keyed.request)
  if (key?.kind === 'replay') return { kind: 'replayed', answer: key.answer }
  if (key?.kind === 'reused') return { kind: 'key_reused' }
  if (account.balance > TOPPED_UP_MAX - amount) return { kind: 'balance_limit' }
  propose(account, { transactionId, recipientNo: 0, type: 'topup', amount, description })
  await writeAccounts(tx, [account])
  const added: Added = { kind: 'added', balance: account.balance, transactionId }
  if (keyed) await insertKeys(tx, [{ ...keyed.request, identifier: transactionId, ...keyed.answerOf(added) }])
  return added
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
    .where('transaction_type', '=', 'topup')
    .executeTakeFirst()
  return row && { kind: 'added', balance: row.balance_after, transactionId }
}
