import assert from 'node:assert/strict'
import { readBalance } from '../../src/ledger/index.ts'
import type { BalancePage, LedgerItem } from '../../src/ledger/types.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { TOPPED_UP_MAX } from '../../src/primitives/money.ts'
import { fund, sendOne } from '../support/arrange.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { refundOne } from './refundOne.ts'

/** Follows the cursors to the end; `between` happens after each page. */
async function readAll(
  db: Db,
  userId: number,
  limit: number,
  between: (page: BalancePage) => Promise<unknown> = () => Promise.resolve(),
): Promise<LedgerItem[]> {
  const items: LedgerItem[] = []
  let cursor: BalancePage['nextCursor'] = null
  do {
    const page: BalancePage = await readBalance(db, { userId, limit, cursor: cursor ?? undefined })
    items.push(...page.transactions)
    cursor = page.nextCursor
    await between(page)
  } while (cursor)
  return items
}

const amounts = (items: LedgerItem[]) => items.map(({ amount }) => amount)

describe('reading a balance', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
  })
  beforeEach(() => emptyTables(db))
  after(() => stack.drop())

  it('finds 0 and an empty ledger for a customer who does not exist', async () => {
    await fund(db, 2, 5)
    assert.deepEqual(await readBalance(db, { userId: 1, limit: 10 }), {
      balance: 0,
      transactions: [],
      nextCursor: null,
    })
  })

  it('gives a ledger, newest first, whose amounts sum to the balance', async () => {
    await fund(db, 1, 100)
    const smsIdentifier = await sendOne(db, { userId: 1, to: 3, type: 'express' })
    await refundOne(db, { userId: 1, smsIdentifier, recipientNo: 2, amount: 3 })
    const { balance, transactions } = await readBalance(db, { userId: 1, limit: 10 })
    assert.deepEqual(
      transactions.map(({ amount, transactionType, description }) => [amount, transactionType, description]),
      [
        [3, 'refund', 'refund: no operator takes it'],
        [-9, 'charge', '3 express messages'],
        [100, 'topup', 'top-up'],
      ],
    )
    assert.equal(balance, 94)
    assert.deepEqual(
      transactions.slice(0, 2).map(({ transactionId }) => transactionId),
      [`${smsIdentifier}:2`, smsIdentifier],
    )
  })

  it('shows a customer nothing of another', async () => {
    await fund(db, 1, 100)
    await fund(db, 2, 7)
    assert.deepEqual(amounts(await readAll(db, 1, 10)), [100])
  })

  for (const limit of [1, 3, 7, 8]) {
    it(`pages through 7 rows by ${limit}, each once, with a cursor on all pages but the last`, async () => {
      for (let amount = 1; amount <= 7; amount++) await fund(db, 1, amount)
      const sizes: number[] = []
      const items = await readAll(db, 1, limit, (page) =>
        Promise.resolve(sizes.push(page.transactions.length)),
      )
      assert.deepEqual(amounts(items), [7, 6, 5, 4, 3, 2, 1])
      assert.equal(sizes.length, Math.ceil(7 / limit))
    })
  }

  it('keeps its place while rows are added, and shows none of them', async () => {
    for (let amount = 1; amount <= 6; amount++) await fund(db, 1, amount)
    const items = await readAll(db, 1, 2, () => fund(db, 1, 1_000))
    assert.deepEqual(amounts(items), [6, 5, 4, 3, 2, 1])
  })

  it('never shows a balance that its rows do not explain, while money moves', async () => {
    await fund(db, 1, 1)
    const adding = (async () => {
      for (let i = 0; i < 40; i++) await fund(db, 1, i)
    })()
    let isDone = false
    const done = adding.finally(() => (isDone = true))
    let pages = 0
    while (!isDone || pages < 5) {
      const { balance, transactions } = await readBalance(db, { userId: 1, limit: 1_000 })
      assert.equal(
        amounts(transactions).reduce((sum, amount) => sum + amount),
        balance,
      )
      pages++
    }
    await done
  })

  it('shows the largest balance there can be exactly', async () => {
    await fund(db, 1, TOPPED_UP_MAX)
    const { balance, transactions } = await readBalance(db, { userId: 1, limit: 10 })
    assert.deepEqual([balance, amounts(transactions)], [TOPPED_UP_MAX, [TOPPED_UP_MAX]])
  })
})
