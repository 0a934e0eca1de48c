import assert from 'node:assert/strict'
import request from 'supertest'
import type { MessageView } from '../../../src/messages/describeMessages.ts'
import type { MessagesPage, MessagesQuery } from '../../../src/messages/listMessages.ts'
import type { RecipientsPage, RecipientsQuery } from '../../../src/messages/listRecipients.ts'
import { messageRoute } from '../../../src/messages/routes/message.ts'
import { messageRecipientsRoute } from '../../../src/messages/routes/messageRecipients.ts'
import { messagesRoute } from '../../../src/messages/routes/messages.ts'
import { noCounts } from '../../../src/messages/v1Status.ts'
import { keyRequired, missingScope } from '../../../src/platform/http/index.ts'
import type { Route } from '../../../src/platform/http/index.ts'
import { encodeCursor } from '../../../src/primitives/cursor.ts'
import { accessOf } from '../../accounts/accessOf.ts'
import { problemOf, testApp } from '../../support/app.ts'

const ID = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043'
const AT = new Date('2026-01-19T08:30:00.142Z')
const ONE: MessageView = {
  ...{
    smsIdentifier: ID,
    type: 'normal',
    isTest: false,
    status: 'FAILED_PERM',
    counts: { ...noCounts(), FAILED_PERM: 1 },
  },
  ...{ recipients: 1, to: ['+14155550100'], sender: 'Shop', text: 'hi', parts: 1, cost: 5, attempts: 2 },
  ...{ provider: 'operator-a', failure: { code: 'rejected', detail: 'invalid number' } },
  ...{ toGiven: null, clientReference: 'order-1', tags: ['shop'] },
  ...{ charging: 'delivery', money: 'released', held: 0, returned: 5 },
  ...{
    onUnknown: null,
    sendAt: null,
    expiresAt: null,
    createdAt: AT,
    updatedAt: AT,
    isPossibleDuplicate: false,
    guaranteedBy: null,
  },
}
const SHOWN = {
  ...{ id: ID, status: 'FAILED_PERM', to: '+14155550100', from: 'Shop', text: 'hi', type: 'normal' },
  ...{ recipients: 1, parts: 1, cost_cents: 5, attempts: 2, provider: 'operator-a', send_at: null },
  ...{ to_given: null, client_reference: 'order-1', tags: ['shop'], expires_at: null, on_unknown: null },
  guaranteed_by: null,
  ...{ charging: 'delivery', money: 'released', held_cents: 0, returned_cents: 5 },
  error: { code: 'rejected', detail: 'invalid number' },
  ...{ created_at: AT.toISOString(), updated_at: AT.toISOString() },
}

const serve = (route: Route) => testApp([route], { authorize: () => accessOf({ userId: 7 }) }).app

function reading(message: MessageView | undefined) {
  const asked: object[] = []
  const app = serve(
    messageRoute((key) => {
      asked.push(key)
      return Promise.resolve(message)
    }),
  )
  return { asked, get: (id = ID) => request(app).get(`/v1/messages/${id}`) }
}

function listing(page: MessagesPage = { messages: [], nextBefore: null }) {
  const asked: MessagesQuery[] = []
  const app = serve(
    messagesRoute({
      listMessages: (query) => {
        asked.push(query)
        return Promise.resolve(page)
      },
      limits: { region: 'IR' },
    }),
  )
  return { asked, get: (query = '') => request(app).get(`/v1/messages${query}`) }
}

function recipientsOf(page: RecipientsPage | undefined) {
  const asked: RecipientsQuery[] = []
  const app = serve(
    messageRecipientsRoute((query) => {
      asked.push(query)
      return Promise.resolve(page)
    }),
  )
  return { asked, get: (query = '') => request(app).get(`/v1/messages/${ID}/recipients${query}`) }
}

describe('GET /v1/messages/{id}', () => {
  it('200: shows the message of one recipient, of the customer of the key', async () => {
    const { asked, get } = reading(ONE)
    assert.deepEqual((await get().expect(200)).body, SHOWN)
    assert.deepEqual(asked, [{ userId: 7, smsIdentifier: ID }])
  })

  it('200: shows several recipients as a list with counts, and more than are listed as null', async () => {
    const counts = { ...noCounts(), SENT: 2 }
    const several = { ...ONE, recipients: 2, to: ['+14155550100', '+14155550101'], counts, provider: null }
    const { body } = await reading({ ...several, sendAt: AT })
      .get()
      .expect(200)
    const { to, counts: shown, send_at } = body as Record<string, unknown>
    assert.deepEqual([to, shown, send_at], [several.to, counts, AT.toISOString()])
    const many = await reading({ ...several, to: null, recipients: 101 })
      .get()
      .expect(200)
    assert.equal((many.body as { to: unknown }).to, null)
  })

  it('200: marks what a test key sent', async () => {
    const { body } = await reading({ ...ONE, isTest: true })
      .get()
      .expect(200)
    assert.deepEqual(body, { ...SHOWN, test: true })
  })

  it('404: answers for an unknown message', async () => {
    problemOf(await reading(undefined).get('4711'), 404, 'message_not_found')
  })
})

describe('GET /v1/messages', () => {
  it('200: is a page of messages, and the cursor of the next one', async () => {
    const { asked, get } = listing({ messages: [ONE], nextBefore: ID })
    const { messages, next_cursor } = (await get().expect(200)).body as Record<string, unknown>
    assert.deepEqual(messages, [SHOWN])
    await get(`?cursor=${String(next_cursor)}`).expect(200)
    assert.deepEqual(
      asked.map(({ userId, limit, before }) => [userId, limit, before]),
      [
        [7, 100, undefined],
        [7, 100, ID],
      ],
    )
  })

  it('200: reads the number of a filter as a send does, with or without its plus', async () => {
    const { asked, get } = listing()
    for (const to of ['%2B989120000001', '+989120000001', '09120000001', '%DB%B0%DB%B9%DB%B1%DB%B20000001'])
      await get(`?to=${to}`).expect(200)
    assert.deepEqual(
      asked.map(({ toDigits }) => toDigits),
      Array(4).fill('989120000001'),
    )
    for (const to of ['', 'abc', '1', '9.12E%2B09']) problemOf(await get(`?to=${to}`), 400, 'invalid_request')
  })

  it('200: passes on a reference and a tag as they are', async () => {
    const { asked, get } = listing()
    await get('?client_reference=order%201&tag=%F0%9F%9A%9A').expect(200)
    assert.deepEqual([asked[0]?.clientReference, asked[0]?.tag], ['order 1', '🚚'])
  })

  it('200: passes on the filters, times in UTC', async () => {
    const { asked, get } = listing()
    await get(
      '?status=failed_temp&created_after=2026-01-19T12:00:00%2B03:30&created_before=2026-01-20T00:00:00Z&limit=5',
    )
    assert.deepEqual(asked, [
      {
        ...{ userId: 7, limit: 5, status: 'FAILED_TEMP', before: undefined },
        ...{ toDigits: undefined, clientReference: undefined, tag: undefined },
        createdFromMs: Date.parse('2026-01-19T08:30:00Z'),
        createdUntilMs: Date.parse('2026-01-20T00:00:00Z'),
      },
    ])
  })

  const WRONG = [
    ...['status=lost', 'status=pending', 'limit=0', 'limit=1001', 'limit=1e2', 'status=SENT&status=SENT'],
    ...[
      'created_after=2026-01-19T12:00:00',
      'created_after=2026-02-30T00:00:00Z',
      'created_before=yesterday',
    ],
    ...[
      'created_before=1768810000',
      'to=%2B1415call',
      'tag=',
      'client_reference=',
      'created_afer=x',
      'tags=a',
    ],
    ...[
      `tag=${'x'.repeat(33)}`,
      `client_reference=${'x'.repeat(65)}`,
      'tag=a&tag=b',
      'client_reference=a%00',
    ],
  ]
  for (const query of WRONG)
    it(`400: refuses ${query}`, async () => {
      const { asked, get } = listing()
      const problem = problemOf(await get(`?${query}`), 400, 'invalid_request')
      assert.deepEqual(
        problem.errors?.map(({ field }) => field),
        [query.split('=')[0]],
      )
      assert.deepEqual(asked, [])
    })

  it('400: refuses an altered cursor and one of another list', async () => {
    const { asked, get } = listing()
    const own = encodeCursor('messages1', [ID])
    const others = [
      encodeCursor('history1', [ID, 1]),
      encodeCursor('messages1', ['x']),
      encodeCursor('messages1', [ID, 1]),
    ]
    for (const cursor of [own.slice(0, -1), `${own}A`, own.toLowerCase(), '', 'null', ...others])
      problemOf(await get(`?cursor=${cursor}`), 400, 'invalid_cursor')
    assert.deepEqual(asked, [])
  })
})

describe('GET /v1/messages/{id}/recipients', () => {
  const page: RecipientsPage = {
    recipients: [
      {
        ...{
          recipient: '+14155550100',
          givenTo: '+1 415 555 0100',
          status: 'SENT',
          parts: 1,
          cost: 5,
          attempts: 1,
          provider: 'operator-a',
        },
        ...{ charging: 'hand_over', money: 'captured', returned: 0 },
        ...{ failure: null, isPossibleDuplicate: false, updatedAt: AT },
      },
    ],
    nextAfter: 1,
  }

  it('200: is a page of recipients, and the cursor of the next one', async () => {
    const { asked, get } = recipientsOf(page)
    const { recipients, next_cursor } = (await get('?limit=1').expect(200)).body as Record<string, unknown>
    assert.deepEqual(recipients, [
      {
        ...{
          to: '+14155550100',
          to_given: '+1 415 555 0100',
          status: 'SENT',
          parts: 1,
          cost_cents: 5,
          attempts: 1,
          provider: 'operator-a',
        },
        ...{ charging: 'hand_over', money: 'captured', returned_cents: 0 },
        ...{ error: null, updated_at: AT.toISOString() },
      },
    ])
    await get(`?cursor=${String(next_cursor)}`).expect(200)
    assert.deepEqual(asked, [
      { userId: 7, smsIdentifier: ID, limit: 1, after: 0 },
      { userId: 7, smsIdentifier: ID, limit: 100, after: 1 },
    ])
  })

  it('200: has no cursor on the last page', async () => {
    const { body } = await recipientsOf({ ...page, nextAfter: null })
      .get()
      .expect(200)
    assert.equal((body as { next_cursor: unknown }).next_cursor, null)
  })

  it('400: refuses a wrong limit and an altered cursor', async () => {
    const { get } = recipientsOf(page)
    problemOf(await get('?limit=0'), 400, 'invalid_request')
    for (const cursor of [encodeCursor('recipients1', ['-1']), encodeCursor('messages1', [1]), 'x'])
      problemOf(await get(`?cursor=${cursor}`), 400, 'invalid_cursor')
  })

  it('404: answers for an unknown message', async () => {
    problemOf(await recipientsOf(undefined).get(), 404, 'message_not_found')
  })
})

describe('the reads of messages', () => {
  for (const path of ['/v1/messages', `/v1/messages/${ID}`, `/v1/messages/${ID}/recipients`])
    it(`401, 403: ${path} needs a key with the scope read`, async () => {
      const never = () => assert.fail('nothing is read')
      const routes = [
        messageRoute(never),
        messagesRoute({ listMessages: never, limits: {} }),
        messageRecipientsRoute(never),
      ]
      for (const [problem, status, code] of [
        [keyRequired(), 401, 'key_required'],
        [missingScope('read'), 403, 'missing_scope'],
      ] as const) {
        const scopes: unknown[] = []
        const { app } = testApp(routes, {
          authorize: (_request, { access }) => {
            scopes.push(access)
            throw problem
          },
        })
        problemOf(await request(app).get(path), status, code)
        assert.deepEqual(scopes, ['read'])
      }
    })
})
