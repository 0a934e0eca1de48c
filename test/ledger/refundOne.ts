import { lockAccounts, proposeReturns, writeAccounts } from '../../src/ledger/index.ts'
import type { Return } from '../../src/ledger/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'

/** Refunds in a transaction of their own, as a settlement does in its. */
export function refundOne(
  db: Db,
  ...refunds: (Omit<Return, 'reason' | 'type'> & { reason?: string })[]
): Promise<void> {
  return transact(db, 'test.refund', (tx) =>
    refundIn(
      tx,
      refunds.map((each) => ({ type: 'refund' as const, reason: 'no operator takes it', ...each })),
    ),
  )
}

export async function refundIn(tx: Tx, refunds: Return[]): Promise<void> {
  const accounts = await lockAccounts(
    tx,
    refunds.map(({ userId }) => userId),
  )
  proposeReturns(accounts, refunds)
  await writeAccounts(tx, accounts.values())
}
