import assert from 'node:assert/strict'
import { lockAccounts, post } from '../../src/ledger/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { balanceOf, countRows, fund, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('posting', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())

  it('writes nothing at all when one of the balances is not there', async () => {
    const { db } = stack
    await fund(db, 1, 100)
    const before = await countRows(db)
    const newId = newIdOf(db)
    const posted = transact(db, 'test.post', async (tx) => {
      const [known] = (await lockAccounts(tx, [1])).values()
      assert.ok(known)
      const lost = { userId: 2, balance: 50, lastSeq: 1 }
      const entry = { recipientNo: 0, amount: -10, type: 'charge' as const, description: 'a message' }
      await post(
        tx,
        [known, lost].map((account) => ({ ...entry, account, transactionId: newId() })),
      )
    })
    await assert.rejects(posted)
    assert.deepEqual([await countRows(db), await balanceOf(db, 1)], [before, 100])
  })
})
