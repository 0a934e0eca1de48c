import assert from 'node:assert/strict'
import request from 'supertest'
import type { HistoryPage, HistoryQuery } from '../../../src/messages/types.ts'
import { historyRoute } from '../../../src/messages/routes/history.ts'
import { encodeCursor } from '../../../src/primitives/cursor.ts'
import { problemOf, testApp } from '../../support/app.ts'
import type { ProblemBody } from '../../support/app.ts'

const ID = '88636fb2-dd01-42a4-a718-1fe200683a45'
const EMPTY: HistoryPage = { items: [], nextCursor: null }

function listing(page: HistoryPage = EMPTY) {
  const asked: HistoryQuery[] = []
  const route = historyRoute((query) => {
    asked.push(query)
    return Promise.resolve(page)
  })
  const { app } = testApp([route])
  return { asked, get: (query: string) => request(app).get(`/sms/history?${query}`) }
}

describe('GET /sms/history', () => {
  it('200: shows items as clients of seed 003 know them, times in UTC', async () => {
    const at = new Date('2026-01-02T03:04:05.006Z')
    const { get } = listing({
      items: [
        {
          userId: 1,
          smsIdentifier: ID,
          recipient: '09128582812',
          type: 'normal',
          status: 'done',
          provider: 'A',
          deliveryStatus: null,
          failureReason: null,
          isTest: false,
          isPossibleDuplicate: false,
          createdAt: at,
          updatedAt: at,
        },
      ],
      nextCursor: null,
    })
    const { body } = (await get('user_id=1').expect(200)) as { body: unknown }
    assert.deepEqual(body, {
      history: [
        {
          user_id: 1,
          sms_identifier: ID,
          recipient: '09128582812',
          type: 'normal',
          status: 'done',
          provider: 'A',
          delivery_status: null,
          failure_reason: null,
          created_at: '2026-01-02T03:04:05.006Z',
          updated_at: '2026-01-02T03:04:05.006Z',
        },
      ],
      next_cursor: null,
    })
  })

  it('200: reads its filters, in any case, and ignores what it does not know', async () => {
    const { asked, get } = listing()
    await get(`user_id=1&status=PENDING&sms_identifier=${ID.toUpperCase()}&limit=1000&_=5`).expect(200)
    await get('user_id=9007199254740991').expect(200)
    assert.deepEqual(asked, [
      { userId: 1, status: 'pending', smsIdentifier: ID, limit: 1_000, cursor: undefined },
      { userId: 2 ** 53 - 1, status: undefined, smsIdentifier: undefined, limit: 100, cursor: undefined },
    ])
  })

  for (const status of ['pending', 'sending', 'done', 'failed', 'cancelled']) {
    it(`200: filters by the status ${status}`, async () => {
      const { asked, get } = listing()
      await get(`user_id=1&status=${status}`).expect(200)
      assert.equal(asked[0]?.status, status)
    })
  }

  it('200: tells why a recipient failed, and that a test key sent it', async () => {
    const at = new Date('2026-01-02T03:04:05.006Z')
    const item = { userId: 1, smsIdentifier: ID, recipient: '09128582812', provider: 'A' }
    const { get } = listing({
      items: [
        {
          ...item,
          type: 'normal',
          status: 'failed',
          deliveryStatus: null,
          failureReason: 'invalid number',
          isTest: true,
          isPossibleDuplicate: true,
          createdAt: at,
          updatedAt: at,
        },
      ],
      nextCursor: null,
    })
    const { body } = (await get('user_id=1').expect(200)) as {
      body: { history: { failure_reason: string; test?: boolean }[] }
    }
    assert.equal(body.history[0]?.failure_reason, 'invalid number')
    assert.equal(body.history[0]?.test, true)
  })

  it('400: names the parameter that was probably meant for user_id', async () => {
    const { get } = listing()
    assert.deepEqual(problemOf(await get('customer_id=1'), 400, 'invalid_request').errors, [
      {
        field: 'user_id',
        message: 'is required ("customer_id" is not a known parameter; did you mean "user_id"?)',
      },
    ])
  })

  it('400: says of a parameter that was given twice that it must be given once', async () => {
    const { get } = listing()
    for (const [query, field] of [
      ['user_id=1&user_id=2', 'user_id'],
      ['user_id=1&status=done&status=failed', 'status'],
      [`user_id=1&cursor=a&cursor=b`, 'cursor'],
      ['user_id=1&limit=1&limit=2', 'limit'],
    ] as const) {
      const { errors } = problemOf(await get(query), 400, 'invalid_request')
      assert.deepEqual(errors, [{ field, message: 'must be given once' }])
    }
  })

  it('200: gives a cursor that leads to where the page ended', async () => {
    const nextCursor = { smsIdentifier: ID, recipientNo: 7 }
    const { asked, get } = listing({ items: [], nextCursor })
    const { body } = (await get('user_id=1').expect(200)) as { body: { next_cursor: string } }
    await get(`user_id=1&cursor=${body.next_cursor}`).expect(200)
    assert.deepEqual(asked[1]?.cursor, nextCursor)
  })

  for (const [query, field] of [
    ['', 'user_id'],
    ['user_id=', 'user_id'],
    ['user_id=0', 'user_id'],
    ['user_id=-1', 'user_id'],
    ['user_id=1.5', 'user_id'],
    ['user_id=1e3', 'user_id'],
    ['user_id=01', 'user_id'],
    ['user_id=%201', 'user_id'],
    ['user_id=abc', 'user_id'],
    ['user_id=9007199254740992', 'user_id'],
    ['user_id=1&user_id=2', 'user_id'],
    ['user_id[]=1', 'user_id'],
    ['user_id=1&status=lost', 'status'],
    ['user_id=1&status=', 'status'],
    ['user_id=1&status=done&status=failed', 'status'],
    ['user_id=1&sms_identifier=17', 'sms_identifier'],
    [`user_id=1&sms_identifier=${ID}0`, 'sms_identifier'],
    ['user_id=1&sms_identifier=', 'sms_identifier'],
    ['user_id=1&limit=0', 'limit'],
    ['user_id=1&limit=1001', 'limit'],
    ['user_id=1&limit=all', 'limit'],
  ] as const) {
    it(`400: ?${query} names ${field}`, async () => {
      const { asked, get } = listing()
      const response = await get(query)
        .expect(400)
        .expect('Content-Type', /^application\/problem\+json/)
      const problem = JSON.parse(response.text) as ProblemBody
      assert.equal(problem.code, 'invalid_request')
      assert.deepEqual(
        problem.errors?.map((error) => error.field),
        [field],
      )
      assert.deepEqual(asked, [])
    })
  }

  for (const [name, cursor] of [
    ['garbage', 'garbage'],
    ['an empty one', ''],
    ['one of another list', encodeCursor('ledger1', [7])],
    ['one with no identifier', encodeCursor('history1', ['x', 7])],
    ['one with no number', encodeCursor('history1', [ID, 'x'])],
    ['one with too little', encodeCursor('history1', [ID])],
    ['one with too much', encodeCursor('history1', [ID, 7, 7])],
    ['a very long one', 'A'.repeat(5_000)],
  ] as const) {
    it(`400: a broken cursor: ${name}`, async () => {
      const { asked, get } = listing()
      const response = await get(`user_id=1&cursor=${cursor}`).expect(400)
      const problem = JSON.parse(response.text) as ProblemBody
      assert.equal(problem.code, 'invalid_cursor')
      assert.deepEqual(
        problem.errors?.map(({ field }) => field),
        ['cursor'],
      )
      assert.deepEqual(asked, [])
    })
  }
})
