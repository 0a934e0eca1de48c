import { lockAccounts, proposeRefunds, writeAccounts } from '../../src/ledger/index.ts'
import type { Refund } from '../../src/ledger/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'

/** Refunds in a transaction of their own, as a settlement does in its. */
export function refundOne(
  db: Db,
  ...refunds: (Omit<Refund, 'reason'> & { reason?: string })[]
): Promise<void> {
  return transact(db, 'test.refund', (tx) =>
    refundIn(
      tx,
      refunds.map((each) => ({ reason: 'no operator takes it', ...each })),
    ),
  )
}

export async function refundIn(tx: Tx, refunds: Refund[]): Promise<void> {
  const accounts = await lockAccounts(
    tx,
    refunds.map(({ userId }) => userId),
  )
  proposeRefunds(accounts, refunds)
  await writeAccounts(tx, accounts.values())
}
