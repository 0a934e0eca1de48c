import { refund } from '../../src/ledger/index.ts'
import type { Refund } from '../../src/ledger/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'

/** Refunds in a transaction of their own, as a settlement does in its. */
export function refundOne(
  db: Db,
  ...refunds: (Omit<Refund, 'reason'> & { reason?: string })[]
): Promise<void> {
  return transact(db, 'test.refund', (tx) =>
    refund(
      tx,
      refunds.map((each) => ({ reason: 'no operator takes it', ...each })),
    ),
  )
}
