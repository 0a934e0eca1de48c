import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Sent } from '../../chaos/clients/record.ts'
import type { EndpointKind, GotEvent, Hook } from '../../chaos/endpoints/endpointServer.ts'
import type { CreatedHook, CustomerEvents } from '../../chaos/endpoints/customerEvents.ts'
import { compareEvents } from '../../chaos/proof/compareEvents.ts'
import type { EventWitness } from '../../chaos/proof/compareEvents.ts'
import { look } from '../support/arrange.ts'
import { openWebhookBench } from '../webhooks/webhookBench.ts'
import type { WebhookBench } from '../webhooks/webhookBench.ts'
import { sequenceAll } from '../events/arrangeEvents.ts'

const CUSTOMER = 1
const CALLBACK = 'https://shop.example/callback/b'

describe('events compared with the log, the feeds and what endpoints got', () => {
  let bench: WebhookBench
  let ids: string[]
  beforeEach(async () => {
    bench = await openWebhookBench()
    await bench.addEndpoint(CUSTOMER, { url: 'https://shop.example/hook' })
    await look(bench.db, sql`INSERT INTO webhook_secrets (user_id, secret) VALUES (1, 'whsec_MfKQ')`)
    await look(bench.db, sql`UPDATE user_balances SET event_sinks = event_sinks | 4 WHERE user_id = 1`)
    const [a = ''] = await bench.send(CUSTOMER, 1, { text: '[a] hello' })
    const [b = ''] = await bench.send(CUSTOMER, 1, { text: '[b] hello', callbackUrl: CALLBACK })
    ids = [a, b]
    await sequenceAll(bench.db)
  })
  afterEach(() => bench.close())

  const asked = (mark: string, changes: Partial<Sent> = {}): Sent => ({
    ...{ mark, customer: CUSTOMER, type: 'normal', recipients: 1, firstNumber: 1, makesEvents: true },
    ...{ answered: 'accepted', label: '202', ...changes },
  })
  const SENT = [asked('a'), asked('b', { callbackUrl: CALLBACK })]
  const log = (): GotEvent[] =>
    ids.map((id, index) => ({
      ...{ id: `evt_${id}_1_1`, type: 'message.sent', sequence: index + 1 },
      data: { message_id: id, recipient_no: 1, to: '98' },
    }))
  const hook = (got: GotEvent[], kind: EndpointKind = 'good'): Hook => ({
    ...{ url: kind, kind, got: new Map(got.map((event) => [event.id, event])), trust: () => {} },
  })
  const created = (of: Hook, changes: Partial<CreatedHook> = {}): CreatedHook => {
    return { hook: of, endpointId: 'e', position: 0, types: null, ...changes }
  }
  interface Got {
    hooks?: CreatedHook[]
    callback?: GotEvent[]
    feed?: GotEvent[]
    changes?: Partial<EventWitness>
    sent?: Sent[]
  }
  const compare = ({ hooks, callback, feed, changes, sent = SENT }: Got = {}) => {
    const events: CustomerEvents = {
      hooks: hooks ?? [created(hook(log()))],
      callbacks: new Map([[CALLBACK, { ...hook(callback ?? log().slice(1)), url: CALLBACK }]]),
      drawCallback: () => undefined,
    }
    return compareEvents(bench.db, sent, {
      ...{
        customers: [CUSTOMER],
        eventsOf: new Map([[CUSTOMER, events]]),
        wrongRequests: [],
        failedRequests: 5,
      },
      feeds: new Map([[CUSTOMER, feed ?? log()]]),
      ...changes,
    })
  }
  const wrong = async (got: Got = {}) => (await compare(got)).wrong
  const missed = async (got: Got = {}) => (await compare(got)).missed

  it('agree when each event is in the feed, at the endpoint and at its callback', async () => {
    const counts = { logged: 2, atEndpoints: 2, atCallbacks: 1, failedRequests: 5 }
    assert.deepEqual(await compare(), { wrong: [], missed: [], counts })
  })

  it('find a message that makes no events, or goes to no callback', async () => {
    await look(bench.db, sql`UPDATE sms_status SET makes_events = 0`)
    await look(bench.db, sql`DELETE FROM message_callbacks`)
    const lines = await wrong()
    assert.deepEqual(lines, [
      `a, message ${ids[0]}: makes no events`,
      `b, message ${ids[1]}: makes no events`,
      `b, message ${ids[1]}: its events go to null, and not to ${CALLBACK}`,
    ])
  })

  it('find a gap in the numbers, and events of a customer that has none', async () => {
    await look(bench.db, sql`UPDATE event_log SET seq = 3 WHERE seq = 2`)
    const feed = log().map((event, index) => ({ ...event, sequence: index === 0 ? 1 : 3 }))
    const got = { feed, hooks: [created(hook(feed))], callback: feed.slice(1) }
    assert.deepEqual(await wrong(got), ['customer 1: event 2 of its log has the number 3'])
    const others = await wrong({ changes: { customers: [2], eventsOf: new Map() } })
    assert.ok(others.includes('customer 1: has events, and switched none on'))
  })

  it('find a feed that lacks an event, repeats one or says something else', async () => {
    const [first, second] = log() as [GotEvent, GotEvent]
    for (const feed of [
      [first],
      [first, first],
      [first, { ...second, type: 'message.failed' }],
      [second, first],
    ])
      assert.match((await wrong({ feed })).join(), /^customer 1: its feed says /)
  })

  it('find an event that a living endpoint did not get, and none of one that does not live', async () => {
    const lines = [`flapping did not get 2 message.sent evt_${ids[1]}_1_1`]
    assert.deepEqual(await missed({ hooks: [created(hook(log().slice(0, 1), 'flapping'))] }), lines)
    for (const kind of ['dead', 'hanging'] as const)
      assert.deepEqual(await missed({ hooks: [created(hook([], kind))] }), [])
    assert.equal((await missed({ callback: [] })).length, 1)
  })

  it('ask of an endpoint only what it wants, from its position on', async () => {
    assert.deepEqual(await missed({ hooks: [created(hook([]), { types: ['message.failed'] })] }), [])
    assert.deepEqual(await missed({ hooks: [created(hook(log().slice(1)), { position: 1 })] }), [])
  })

  it('find an event at an endpoint that is not in the log, and a request that was wrong by itself', async () => {
    const strange = { ...(log()[0] as GotEvent), sequence: 7 }
    assert.deepEqual(await missed({ hooks: [created(hook([...log(), { ...strange, id: 'evt_x' }]))] }), [
      'good got 7 message.sent evt_x, which is not in the log',
    ])
    assert.match((await missed({ hooks: [created(hook([...log(), strange]))] })).join(), /got 7 message.sent/)
    const changes = { wrongRequests: ['a wrong signature'] }
    assert.deepEqual(await missed({ changes }), ['a wrong signature'])
  })
})
