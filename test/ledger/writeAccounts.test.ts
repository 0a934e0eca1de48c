import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { lockAccounts, propose, writeAccounts } from '../../src/ledger/index.ts'
import type { Account } from '../../src/ledger/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import { balanceOf, countRows, fund, look, newIdOf } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('writing accounts', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  beforeEach(() => emptyTables(stack.db))
  after(() => stack.drop())

  const charge = (amount: number, recipientNo = 0) => ({
    transactionId: newIdOf(stack.db)(),
    recipientNo,
    type: 'charge' as const,
    amount,
    description: 'a message',
  })

  it('writes nothing at all when one of the accounts has no row', async () => {
    const { db } = stack
    await fund(db, 1, 100)
    const before = await countRows(db)
    const written = transact(db, 'test.write', async (tx) => {
      const [known] = (await lockAccounts(tx, [1])).values()
      assert.ok(known)
      const lost: Account = {
        userId: 2,
        balance: 50,
        lastSeq: 1,
        fairTag: 0,
        partsTatMicros: 0,
        sendingTatMicros: 0,
        spending: { day: 0, ofDay: 0, ofMonth: 0 },
        eventSinks: 0,
        lowBalance: null,
        lockedAtMicros: 0,
        entries: [],
      }
      for (const account of [known, lost]) propose(account, charge(-10))
      await writeAccounts(tx, [known, lost])
    })
    await assert.rejects(written, /2 balances were proposed and 1 updated/)
    assert.deepEqual([await countRows(db), await balanceOf(db, 1)], [before, 100])
  })

  it('numbers the entries of each account and states the balance after each', async () => {
    const { db } = stack
    await fund(db, 1, 100)
    await transact(db, 'test.write', async (tx) => {
      const accounts = await lockAccounts(tx, [1])
      for (const amount of [-10, -20, 5]) propose(accounts.get(1) as Account, charge(amount))
      await writeAccounts(tx, accounts.values())
    })
    const rows = await look(
      db,
      sql<{ seq: number; amount: number; balance_after: number }>`
        SELECT seq, amount, balance_after FROM user_transactions ORDER BY seq`,
    )
    assert.deepEqual(
      rows.map(({ seq, amount, balance_after }) => [seq, amount, balance_after]),
      [
        [1, 100, 100],
        [2, -10, 90],
        [3, -20, 70],
        [4, 5, 75],
      ],
    )
    assert.equal(await balanceOf(db, 1), 75)
  })

  it('refuses a balance below zero before it writes', async () => {
    const { db } = stack
    await fund(db, 1, 10)
    const written = transact(db, 'test.write', async (tx) => {
      const accounts = await lockAccounts(tx, [1])
      propose(accounts.get(1) as Account, charge(-11))
      await writeAccounts(tx, accounts.values())
    })
    await assert.rejects(written, /would have a balance of -1/)
    assert.equal(await balanceOf(db, 1), 10)
  })
})
