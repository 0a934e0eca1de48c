import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Db } from '../../src/platform/db/index.ts'
import { TOPPED_UP_MAX } from '../../src/primitives/money.ts'
import { balanceOf, countRows, fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { refundOne } from './refundOne.ts'

describe('a refund', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
  })
  beforeEach(() => emptyTables(db))
  after(() => stack.drop())

  const chainOf = (userId: number) =>
    look(
      db,
      sql<{ seq: number; amount: number; balance_after: number }>`
        SELECT seq, amount, balance_after FROM user_transactions WHERE user_id = ${userId} ORDER BY seq`,
    )

  it('gives the price back under the message’s identifier and the recipient’s number', async () => {
    await fund(db, 1, 10)
    const smsIdentifier = await sendOne(db, { userId: 1, to: 4 })
    await refundOne(db, { userId: 1, smsIdentifier, recipientNo: 3, amount: 1 })
    assert.equal(await balanceOf(db, 1), 7)
    assert.deepEqual(await chainOf(1), [
      { seq: 1, amount: 10, balance_after: 10 },
      { seq: 2, amount: -4, balance_after: 6 },
      { seq: 3, amount: 1, balance_after: 7 },
    ])
  })

  it('of the same recipient hits the key the second time, and nothing of its transaction stays', async () => {
    await fund(db, 1, 10)
    const smsIdentifier = await sendOne(db, { userId: 1, to: 4 })
    const first = { userId: 1, smsIdentifier, recipientNo: 3, amount: 1 }
    await refundOne(db, first)
    const before = await countRows(db)
    await assert.rejects(refundOne(db, { ...first, recipientNo: 2 }, first), { errno: 1062 })
    assert.deepEqual([await balanceOf(db, 1), await countRows(db)], [7, before])
  })

  it('of several recipients and customers keeps each chain in order', async () => {
    await fund(db, 2, 10)
    await fund(db, 1, 10)
    const ofTwo = await sendOne(db, { userId: 2, to: 2 })
    const ofOne = await sendOne(db, { userId: 1, to: 3 })
    await refundOne(
      db,
      { userId: 2, smsIdentifier: ofTwo, recipientNo: 1, amount: 1 },
      { userId: 1, smsIdentifier: ofOne, recipientNo: 1, amount: 1 },
      { userId: 2, smsIdentifier: ofTwo, recipientNo: 2, amount: 1 },
      { userId: 1, smsIdentifier: ofOne, recipientNo: 3, amount: 1 },
    )
    assert.deepEqual(
      (await chainOf(1)).map(({ seq, balance_after }) => [seq, balance_after]),
      [
        [1, 10],
        [2, 7],
        [3, 8],
        [4, 9],
      ],
    )
    assert.deepEqual(
      (await chainOf(2)).map(({ seq, balance_after }) => [seq, balance_after]),
      [
        [1, 10],
        [2, 8],
        [3, 9],
        [4, 10],
      ],
    )
  })

  it('of 10,000 recipients at once is one transaction', async () => {
    await fund(db, 1, 10_000)
    const smsIdentifier = await sendOne(db, { userId: 1, to: 10_000 })
    const all = Array.from({ length: 10_000 }, (_, index) => ({
      userId: 1,
      smsIdentifier,
      recipientNo: index + 1,
      amount: 1,
    }))
    await refundOne(db, ...all)
    assert.equal(await balanceOf(db, 1), 10_000)
    assert.equal((await chainOf(1)).at(-1)?.seq, 10_002)
  })

  it('to a customer without a balance is a fault of ours and changes nothing', async () => {
    await fund(db, 1, 10)
    const smsIdentifier = newIdOf(db)()
    const before = await countRows(db)
    const wrong = refundOne(
      db,
      { userId: 1, smsIdentifier, recipientNo: 1, amount: 1 },
      { userId: 9, smsIdentifier, recipientNo: 2, amount: 1 },
    )
    await assert.rejects(wrong, /customer 9 has a refund and no locked balance/)
    assert.deepEqual([await balanceOf(db, 1), await countRows(db)], [10, before])
  })

  it('finds room in a balance that was filled to its limit after the message was paid', async () => {
    await fund(db, 1, TOPPED_UP_MAX)
    const smsIdentifier = await sendOne(db, { userId: 1, to: 10_000, type: 'express' })
    await fund(db, 1, 30_000)
    await refundOne(db, { userId: 1, smsIdentifier, recipientNo: 1, amount: 3 })
    assert.equal(await balanceOf(db, 1), TOPPED_UP_MAX + 3)
    assert.equal((await chainOf(1)).at(-1)?.balance_after, TOPPED_UP_MAX + 3)
  })

  it('says its reason, as much of it as fits', async () => {
    await fund(db, 1, 10)
    const smsIdentifier = await sendOne(db, { userId: 1, to: 1 })
    await refundOne(db, { userId: 1, smsIdentifier, recipientNo: 1, amount: 1, reason: '😀'.repeat(400) })
    const [row] = await look(
      db,
      sql<{
        description: string
      }>`SELECT description FROM user_transactions WHERE transaction_type = 'refund'`,
    )
    assert.match(row?.description ?? '', /^refund: (😀)+/u)
  })
})
