import assert from 'node:assert/strict'
import request from 'supertest'
import type { BalancePage, BalanceQuery } from '../../../src/ledger/types.ts'
import { balanceRoute } from '../../../src/ledger/routes/balance.ts'
import { encodeCursor } from '../../../src/primitives/cursor.ts'
import { testApp } from '../../support/app.ts'
import type { ProblemBody } from '../../support/app.ts'

function reading(page: BalancePage) {
  const asked: BalanceQuery[] = []
  const route = balanceRoute((query) => {
    asked.push(query)
    return Promise.resolve(page)
  })
  const { app } = testApp([route])
  return { asked, get: (query: string) => request(app).get(`/balance?${query}`) }
}

const NOTHING: BalancePage = { balance: 0, transactions: [], nextCursor: null }

describe('GET /balance', () => {
  it('200: shows the balance and the signed amounts that sum to it', async () => {
    const at = new Date('2026-01-02T03:04:05.006Z')
    const { get } = reading({
      balance: 98,
      transactions: [
        {
          transactionId: 'b',
          amount: -2,
          transactionType: 'charge',
          description: '2 normal messages',
          createdAt: at,
        },
        { transactionId: 'a', amount: 100, transactionType: 'topup', description: '', createdAt: at },
      ],
      nextCursor: null,
    })
    const { body } = (await get('user_id=1').expect(200)) as { body: { transactions: { amount: number }[] } }
    assert.deepEqual(body, {
      balance: 98,
      transactions: [
        {
          transaction_id: 'b',
          amount: -2,
          transaction_type: 'charge',
          description: '2 normal messages',
          created_at: '2026-01-02T03:04:05.006Z',
        },
        {
          transaction_id: 'a',
          amount: 100,
          transaction_type: 'topup',
          description: '',
          created_at: '2026-01-02T03:04:05.006Z',
        },
      ],
      next_cursor: null,
    })
  })

  it('200: gives a cursor that leads to where the page ended', async () => {
    const { asked, get } = reading({ ...NOTHING, nextCursor: { seq: 41 } })
    const { body } = (await get('user_id=1&limit=1').expect(200)) as { body: { next_cursor: string } }
    await get(`user_id=1&limit=1&cursor=${body.next_cursor}`).expect(200)
    assert.deepEqual(asked, [
      { userId: 1, limit: 1, cursor: undefined },
      { userId: 1, limit: 1, cursor: { seq: 41 } },
    ])
  })

  for (const [query, code, field] of [
    ['', 'invalid_request', 'user_id'],
    ['user_id=1&user_id=1', 'invalid_request', 'user_id'],
    ['user_id=9007199254740993', 'invalid_request', 'user_id'],
    ['user_id=1&limit=1001', 'invalid_request', 'limit'],
    ['user_id=1&limit=-1', 'invalid_request', 'limit'],
    ['user_id=1&cursor=xyz', 'invalid_cursor', 'cursor'],
    [`user_id=1&cursor=${encodeCursor('ledger1', ['-1'])}`, 'invalid_cursor', 'cursor'],
    [`user_id=1&cursor=${encodeCursor('ledger1', [1, 2])}`, 'invalid_cursor', 'cursor'],
    [`user_id=1&cursor=${encodeCursor('history1', [1])}`, 'invalid_cursor', 'cursor'],
  ] as const) {
    it(`400: ?${query} names ${field}`, async () => {
      const { asked, get } = reading(NOTHING)
      const problem = JSON.parse((await get(query).expect(400)).text) as ProblemBody
      assert.equal(problem.code, code)
      assert.deepEqual(
        problem.errors?.map((error) => error.field),
        [field],
      )
      assert.deepEqual(asked, [])
    })
  }
})
