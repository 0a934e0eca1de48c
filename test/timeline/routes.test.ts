import assert from 'node:assert/strict'
import request from 'supertest'
import { timelineRoutes } from '../../src/timeline/routes/index.ts'
import type { MessageTimeline, TimelineQuery } from '../../src/timeline/index.ts'
import { encodeCursor } from '../../src/primitives/cursor.ts'
import { accessOf } from '../accounts/accessOf.ts'
import { problemOf, testApp } from '../support/app.ts'

const ID = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043'
const AT = new Date('2026-01-19T08:30:00.142Z')
const at = AT.toISOString()
const WAITING = {
  ...{ for: 'operators_stopped' as const, type: 'normal' as const, since: AT, until: null, reason: null },
  ...{ before: null, handOverAt: null, missing: [] },
  blocked: [{ name: 'a', state: 'paused' as const, since: AT, by: 'somebody', reason: 'maintenance' }],
}
const TIMELINE: MessageTimeline = {
  ...{ smsIdentifier: ID, userId: 7, type: 'normal', isTest: true, recipients: 12, sendAt: null },
  ...{ expiresAt: AT, createdAt: AT, steps: [{ step: 'charged', at: AT, amount: 12 }] },
  timelines: [
    {
      ...{ recipientNo: 3, recipient: '+14155550100', status: 'QUEUED', isPossibleDuplicate: true },
      waiting: WAITING,
      steps: [
        { step: 'sent', at: AT, provider: 'a', operatorIds: [{ provider: 'a', part: null, id: '9C41' }] },
        { step: 'quarantined', at: AT, reason: 'accepted by a as 9C41' },
        {
          ...{ step: 'receipt', at: AT, provider: 'a', state: 'applied', verdict: 'delivered', part: null },
          ...{ code: '27', cause: 'spam', doneAt: null, raw: 'id:9C41 stat:DELIVRD' },
        },
      ],
    },
  ],
  ...{ isComplete: true, guaranteedBy: null, nextAfter: 3 },
}

function serving(timeline: MessageTimeline | undefined = TIMELINE) {
  const asked: TimelineQuery[] = []
  const routes = timelineRoutes({
    readTimeline: (query) => {
      asked.push(query)
      return Promise.resolve(timeline)
    },
    readQueue: () => Promise.reject(new Error('not expected')),
    limits: { region: 'IR' },
  })
  const { app } = testApp(routes, { authorize: () => accessOf({ userId: 7 }) })
  return {
    asked,
    get: (query = '', id = ID) => request(app).get(`/v1/messages/${id}/timeline${query}`),
    getAsAdmin: (query = '') => request(app).get(`/v1/admin/messages/${ID}/timeline${query}`),
  }
}

describe('GET /v1/messages/{id}/timeline', () => {
  it('200: is what happened to the message of the customer of the key, without the words of operators', async () => {
    const { asked, get } = serving()
    const { body, text } = await get().expect(200)
    const { timelines, next_cursor, ...message } = body as Record<string, unknown>
    assert.deepEqual(message, {
      ...{
        id: ID,
        type: 'normal',
        test: true,
        recipients: 12,
        send_at: null,
        guaranteed_by: null,
        expires_at: at,
        created_at: at,
      },
      steps: [{ step: 'charged', at, amount_cents: 12 }],
    })
    assert.deepEqual(timelines, [
      {
        ...{ to: '+14155550100', status: 'QUEUED', possible_duplicate: true },
        waiting: {
          for: 'operators_stopped',
          detail: `All operators of its route are paused or drained since ${at}.`,
          ...{ since: at, until: null, recipients_before: null, hand_over_estimated_at: null },
        },
        steps: [
          { step: 'sent', at, provider: 'a' },
          { step: 'quarantined', at },
          {
            ...{ step: 'receipt', at, provider: 'a', result: 'applied', verdict: 'delivered', part: null },
            ...{ error_code: '27', cause: 'spam', done_at: null },
          },
        ],
      },
    ])
    assert.doesNotMatch(text, /9C41|somebody|maintenance/)
    await get(`?limit=100&cursor=${String(next_cursor)}`).expect(200)
    assert.deepEqual(
      asked.map(({ whose, limit, after }) => [whose, limit, after]),
      [
        [{ userId: 7 }, 10, 0],
        [{ userId: 7 }, 100, 3],
      ],
    )
  })

  it('200: takes one number, in any writing', async () => {
    const { asked, get } = serving()
    await get('?to=0912%20000%200001').expect(200)
    assert.equal(asked[0]?.toDigits, '989120000001')
  })

  it('400: refuses a wrong limit, number and cursor', async () => {
    const { asked, get } = serving()
    for (const query of ['limit=0', 'limit=101', 'to=abc', 'recipient=1'])
      problemOf(await get(`?${query}`), 400, 'invalid_request')
    for (const cursor of [encodeCursor('recipients1', [1]), encodeCursor('timeline1', ['x']), 'x'])
      problemOf(await get(`?cursor=${cursor}`), 400, 'invalid_cursor')
    assert.deepEqual(asked, [])
  })

  it('404: answers for an unknown message', async () => {
    const { app } = testApp(
      timelineRoutes({
        readTimeline: () => Promise.resolve(undefined),
        readQueue: () => Promise.reject(new Error('not expected')),
        limits: {},
      }),
      {
        authorize: () => accessOf({ userId: 7 }),
      },
    )
    for (const path of ['/v1/messages/4711/timeline', `/v1/admin/messages/${ID}/timeline`])
      problemOf(await request(app).get(path), 404, 'message_not_found')
  })
})

describe('GET /v1/admin/messages/{id}/timeline', () => {
  it("200: is anyone's, with what operators said and who stopped them", async () => {
    const { asked, getAsAdmin } = serving({ ...TIMELINE, isComplete: false, nextAfter: null })
    const { body, text } = await getAsAdmin().expect(200)
    const { user_id, incomplete, next_cursor } = body as Record<string, unknown>
    assert.deepEqual([user_id, incomplete, next_cursor], [7, true, null])
    for (const words of [
      '"operator_messages":[{"provider":"a","part":null,"id":"9C41"}]',
      '"detail":"accepted by a as 9C41"',
      '"raw":"id:9C41 stat:DELIVRD"',
      'by somebody, maintenance',
      '"recipient_no":3',
    ])
      assert.ok(text.includes(words), words)
    assert.deepEqual([asked[0]?.whose], ['anyone'])
  })
})
