import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import {
  createEndpoint,
  deleteEndpoint,
  enqueue,
  replay,
  rotateCallbackSecret,
  rotateSecret,
  testEndpoint,
} from '../../src/webhooks/index.ts'
import { claimEndpoints, dueEndpoints } from '../../src/webhooks/deliver/claimEndpoints.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { sequenceAll } from '../events/arrangeEvents.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { untilWaiting } from '../support/lockWaits.ts'
import { says, startEndpoint } from './endpointServer.ts'
import type { EndpointServer } from './endpointServer.ts'
import { numbersAt, openWebhookBench, verified } from './webhookBench.ts'
import type { WebhookBench } from './webhookBench.ts'

/** For the answers of endpoints of which one hangs. */
const BRIEF_MS = 2_000

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('webhooks', () => {
  let bench: WebhookBench
  let hook: EndpointServer
  beforeEach(async () => {
    bench = await openWebhookBench()
    hook = await startEndpoint()
  })
  afterEach(async () => {
    await hook.close()
    await bench.close()
  })

  it('bring each event once to an endpoint that answers, signed, with what happened', async () => {
    const { id, secret } = await bench.addEndpoint(1, { url: hook.url })
    const [message] = await bench.send(1, 3)
    await bench.deliver()
    assert.equal(hook.received.length, 3)
    assert.deepEqual(numbersAt(hook, secret), [1, 2, 3])
    const event = verified(secret, hook.received[0]!)
    assert.equal(event.type, 'message.sent')
    assert.equal(hook.received[0]?.headers['webhook-id'], event.id)
    assert.deepEqual(
      [event.data['message_id'], event.data['status'], event.data['provider'], 'text' in event.data],
      [message, 'SENT', 'operator-a', false],
    )
    assert.deepEqual(
      (await bench.deliveries(id)).map(({ status, attempts, last_status }) => [
        status,
        attempts,
        last_status,
      ]),
      [
        ['delivered', 1, 204],
        ['delivered', 1, 204],
        ['delivered', 1, 204],
      ],
    )
    assert.equal((await bench.endpoint(id)).due_in_ms, null)
  })

  it('are below 20 kB with the longest text, which is there where it is asked for', async () => {
    const { secret } = await bench.addEndpoint(1, { url: hook.url, includeText: true })
    const text = '\u0001'.repeat(1_600)
    await bench.send(1, 1, { text })
    await bench.deliver()
    assert.equal(verified(secret, hook.received[0]!).data['text'], text)
    assert.ok(Buffer.byteLength(hook.received[0]!.body) < 20_000)
  })

  it('leave out events that the endpoint does not want, and pass them', async () => {
    const { id } = await bench.addEndpoint(1, { url: hook.url, eventTypes: ['message.failed'] })
    await bench.send(1, 2)
    await bench.deliver()
    assert.equal(hook.received.length, 0)
    assert.equal((await bench.endpoint(id)).position, 2)
  })

  it('begin with the messages that are accepted after the endpoint was created', async () => {
    const first = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1, 2)
    await bench.deliver()
    const late = await startEndpoint()
    const second = await bench.addEndpoint(1, { url: late.url })
    await bench.send(1, 1)
    await bench.deliver()
    assert.deepEqual(numbersAt(hook, first.secret), [1, 2, 3])
    assert.deepEqual(numbersAt(late, second.secret), [3])
    await late.close()
  })

  for (const [what, answer, timeoutMs] of [
    ['answers 500', says(500)],
    ['redirects', says(301, { location: 'http://127.0.0.1:1/' })],
    ['answers 404', says(404)],
    ['hangs', () => {}, BRIEF_MS],
    [
      'answers without end',
      (_request, response) => {
        response.writeHead(200)
        const more = setInterval(() => response.write('x'), 20)
        response.on('close', () => clearInterval(more))
      },
      BRIEF_MS,
    ],
    ['answers too much', (_request, response) => void response.writeHead(200).end('x'.repeat(1_000_000))],
    ['cuts the connection', (_request, response) => void response.destroy()],
  ] as [string, Parameters<typeof startEndpoint>[0], number?][])
    it(`try again under the same id with a new time stamp where an endpoint ${what}`, async () => {
      hook.answers(answer!)
      const { id, secret } = await bench.addEndpoint(1, { url: hook.url })
      await bench.send(1)
      await bench.deliver({ turnsMax: 1, ...(timeoutMs && { timeoutMs }) })
      const [delivery] = await bench.deliveries(id)
      assert.deepEqual([delivery?.status, delivery?.attempts], ['pending', 1])
      assert.ok(delivery?.waits_ms && delivery.waits_ms >= 5_000 && delivery.waits_ms <= 5_500)
      hook.answers(says(200))
      await bench.skipWaits()
      await bench.deliver()
      assert.deepEqual(
        (await bench.deliveries(id)).map(({ status, attempts }) => [status, attempts]),
        [['delivered', 2]],
      )
      const ids = hook.received.map((received) => verified(secret, received).id)
      assert.equal(hook.received.length, 2)
      assert.equal(new Set(ids).size, 1)
      assert.equal((await bench.endpoint(id)).failures, 0)
    })

  it('keep the answer', async () => {
    hook.answers((_request, response) => void response.writeHead(422).end('no \0 such order'))
    const { id } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1)
    await bench.deliver()
    const [delivery] = await bench.deliveries(id)
    assert.deepEqual(
      [delivery?.last_status, delivery?.last_error, delivery?.last_answer],
      [422, 'HTTP 422', 'no  such order'],
    )
  })

  for (const [what, value] of [
    ['seconds', () => '120'],
    ['a date', () => new Date(Date.now() + 120_500).toUTCString()],
  ] as const)
    it(`obey Retry-After in ${what}, for the whole endpoint`, async () => {
      hook.answers((_request, response) => void response.writeHead(429, { 'retry-after': value() }).end())
      const { id } = await bench.addEndpoint(1, { url: hook.url })
      await bench.send(1)
      await bench.deliver()
      await bench.send(1)
      assert.equal(await bench.deliver(), 0)
      const [delivery] = await bench.deliveries(id)
      const { due_in_ms: dueInMs } = await bench.endpoint(id)
      assert.ok(delivery?.waits_ms && delivery.waits_ms > 110_000 && delivery.waits_ms <= 121_000)
      assert.ok(dueInMs !== null && dueInMs > 110_000 && dueInMs <= 121_000)
    })

  it('end after the last attempt, and a replay sends the event again', async () => {
    hook.answers(says(500))
    const { id, secret } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1)
    for (let attempt = 0; attempt < 8; attempt++) {
      await bench.deliver()
      await bench.skipWaits()
    }
    assert.equal(await bench.deliver(), 0)
    assert.deepEqual(
      (await bench.deliveries(id)).map(({ status, attempts }) => [status, attempts]),
      [['failed', 8]],
    )
    assert.equal(hook.received.length, 8)
    hook.answers(says(204))
    await replay(bench.db, { userId: 1, endpointId: id }, 0)
    await bench.skipWaits()
    await bench.deliver()
    assert.equal(hook.received.length, 9)
    assert.deepEqual(numbersAt(hook, secret), [1])
  })

  it('stop at an endpoint that answers 410, keep its events, and resume after a test that succeeds', async () => {
    hook.answers(says(410))
    const { id, secret } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1, 3)
    await bench.deliver()
    assert.deepEqual(
      await bench.endpoint(id).then(({ status, disabled_reason }) => [status, disabled_reason]),
      ['disabled', 'gone'],
    )
    await bench.send(1, 2)
    await bench.skipWaits()
    const before = hook.received.length
    assert.equal(await bench.deliver(), 0)
    const context = { db: bench.db, newId: newIdOf(bench.db) }
    await testEndpoint(context, { userId: 1, endpointId: id })
    await bench.deliver()
    assert.equal((await bench.endpoint(id)).status, 'disabled')
    hook.answers(says(200))
    await testEndpoint(context, { userId: 1, endpointId: id })
    await bench.deliver()
    assert.equal((await bench.endpoint(id)).status, 'active')
    const tests = hook.received.slice(before).map((received) => verified(secret, received).type)
    assert.deepEqual(tests.slice(0, 2), ['webhook.test', 'webhook.test'])
    const after = hook.received.slice(before).filter(({ body }) => !body.includes('webhook.test'))
    assert.deepEqual(
      [...new Set(after.map((received) => verified(secret, received).sequence))].sort(),
      upTo(5),
    )
  })

  it('stop at an endpoint that failed for five days, and not before', async () => {
    hook.answers(says(500))
    const { id } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1)
    await bench.deliver()
    const failingFor = (hours: number) =>
      look(
        bench.db,
        sql`UPDATE webhook_endpoints SET failing_since = NOW(3) - INTERVAL ${sql.lit(hours)} HOUR`,
      )
    await failingFor(119)
    await bench.skipWaits()
    await bench.deliver()
    assert.equal((await bench.endpoint(id)).status, 'active')
    await failingFor(121)
    await bench.skipWaits()
    await bench.deliver()
    assert.deepEqual(
      await bench.endpoint(id).then(({ status, disabled_reason }) => [status, disabled_reason]),
      ['disabled', 'failing'],
    )
    assert.equal((await bench.deliveries(id))[0]?.status, 'pending')
  })

  it('reach every living endpoint whatever the others do, also one that flaps', async () => {
    const others: EndpointServer[] = []
    for (const answer of [() => {}, says(500), says(301)] as Parameters<typeof startEndpoint>[0][])
      others.push(await startEndpoint(answer))
    for (const other of others) await bench.addEndpoint(1, { url: other.url })
    await bench.addEndpoint(1, { url: 'http://127.0.0.1:1/vanished' })
    const flapping = await startEndpoint(
      (_request, response, number) => void response.writeHead(number % 3 === 0 ? 503 : 200).end(),
    )
    const living = await bench.addEndpoint(1, { url: hook.url })
    const flaps = await bench.addEndpoint(1, { url: flapping.url })
    await bench.send(1, 30)
    for (let round = 0; round < 5; round++) {
      await bench.deliver({ turnsMax: 60, timeoutMs: BRIEF_MS })
      await bench.skipWaits()
    }
    assert.deepEqual(numbersAt(hook, living.secret), upTo(30))
    assert.deepEqual(numbersAt(flapping, flaps.secret), upTo(30))
    for (const each of [flapping, ...others]) await each.close()
  })

  it('call a slow endpoint for one event at a time, from places of its own', async () => {
    hook.answers(says(500))
    const { id } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1)
    await bench.deliver()
    assert.equal((await bench.endpoint(id)).is_slow, 1)
    await bench.skipWaits()
    assert.equal((await claimEndpoints(bench.db, { isSlow: false, endpointsMax: 10 })).length, 0)
    assert.equal((await claimEndpoints(bench.db, { isSlow: true, endpointsMax: 10 })).length, 1)
  })

  it('are sent again by another process when the first died before it recorded the answers', async () => {
    const { secret } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1, 2)
    await bench.deliver({ turnsMax: 0 })
    await look(bench.db, sql`SELECT 1`)
    const [claimed] = await claimAfterSequence(bench)
    assert.ok(claimed)
    assert.equal((await claimEndpoints(bench.db, { isSlow: false, endpointsMax: 10 })).length, 0)
    await look(bench.db, sql`UPDATE webhook_endpoints SET due_at = NOW(3) - INTERVAL 1 SECOND`)
    await bench.deliver()
    assert.deepEqual(numbersAt(hook, secret), [1, 2])
  })

  it('are recorded by the process alone that has the endpoint', async () => {
    const { id, secret } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1, 2)
    const [late] = await claimAfterSequence(bench)
    await look(bench.db, sql`UPDATE webhook_endpoints SET due_at = NOW(3) - INTERVAL 1 SECOND`)
    const [other] = await claimEndpoints(bench.db, { isSlow: false, endpointsMax: 10 })
    assert.ok(late && other)
    await bench.take(late)
    assert.equal((await bench.endpoint(id)).position, 0)
    assert.deepEqual(await bench.deliveries(id), [])
    await bench.take(other)
    assert.equal((await bench.endpoint(id)).position, 2)
    assert.equal((await bench.deliveries(id)).length, 2)
    assert.deepEqual(numbersAt(hook, secret), [1, 2])
  })

  it('of a customer reach it although those of another one cannot be read', async () => {
    await bench.addEndpoint(2, { url: hook.url })
    const well = await startEndpoint()
    const { secret } = await bench.addEndpoint(1, { url: well.url })
    const [unreadable] = await bench.send(2)
    await look(
      bench.db,
      sql`INSERT INTO message_tags VALUES (2, ${identifierToBytes(unreadable ?? '')}, 'no JSON')`,
    )
    await bench.send(1)
    await assert.rejects(bench.deliver(), SyntaxError)
    assert.deepEqual(numbersAt(well, secret), [1])
    assert.equal(hook.received.length, 0)
    await well.close()
  })

  it('leave none out where endpoints of a customer stand far apart', async () => {
    const first = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1, 120)
    await sequenceAll(bench.db)
    const other = await startEndpoint()
    const second = await bench.addEndpoint(1, { url: other.url })
    await bench.send(1, 10)
    await bench.deliver()
    assert.deepEqual(numbersAt(hook, first.secret), upTo(130))
    assert.deepEqual(numbersAt(other, second.secret), upTo(130).slice(120))
    await other.close()
  })

  it('reach an endpoint whose turn ends while the next event gets its number', async () => {
    const { secret } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1)
    const [claimed] = await claimAfterSequence(bench)
    assert.ok(claimed)
    await bench.send(1)
    let turn: Promise<void> | undefined
    await sequenceAll(bench.db, {
      onSequenced: async (tx, events) => {
        await enqueue(tx, events, newIdOf(bench.db))
        turn = bench.take(claimed)
        await Promise.race([turn, untilWaiting(bench.db, 1)])
      },
    })
    await turn
    await bench.deliver()
    assert.deepEqual(numbersAt(hook, secret), [1, 2])
  })

  it('are followed by a test that was asked for while a turn ended', async () => {
    const { id } = await bench.addEndpoint(1, { url: hook.url })
    await bench.send(1)
    const [claimed] = await claimAfterSequence(bench)
    assert.ok(claimed)
    const proxy = await openTcpProxy(bench.databaseUrl)
    const slow = openDb({ url: proxy.url, maxOpenConns: 1, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
    const held = Promise.withResolvers<void>()
    // The endpoint's row is written, and the transaction stays open.
    proxy.onBytes((bytes, direction, link) => {
      if (direction !== 'toServer' || !bytes.includes('UPDATE webhook_endpoints')) return
      link.silence('toClient')
      held.resolve()
    })
    const asked = testEndpoint({ db: slow, newId: newIdOf(bench.db) }, { userId: 1, endpointId: id })
    await held.promise
    const turn = bench.take(claimed)
    await Promise.race([turn, untilWaiting(bench.db, 1)])
    proxy.resume()
    await Promise.all([asked, turn])
    await bench.deliver()
    assert.ok(hook.received.some(({ body }) => body.includes('webhook.test')))
    await closeDb(slow)
    await proxy.close()
  })

  it('have two signatures while a secret is changed', async () => {
    const { id, secret } = await bench.addEndpoint(1, { url: hook.url })
    const rotated = await rotateSecret(bench.db, { userId: 1, endpointId: id })
    assert.ok(rotated?.previousUntil)
    await bench.send(1)
    await bench.deliver()
    const [received] = hook.received
    assert.ok(received)
    verified(secret, received)
    verified(rotated.secret, received)
    await look(bench.db, sql`UPDATE webhook_endpoints SET previous_until = NOW(3) - INTERVAL 1 SECOND`)
    await bench.send(1)
    await bench.deliver()
    assert.throws(() => new Webhook(secret).verify(hook.received[1]!.body, hook.received[1]!.headers))
    verified(rotated.secret, hook.received[1]!)
  })

  it("go to a message's callback_url as well, signed with the customer's secret", async () => {
    const { secret } = await rotateCallbackSecret(bench.db, 1)
    const callbackUrl = hook.url.replace('/hook', '/orders/1843')
    const [id] = await bench.send(1, 1, { callbackUrl })
    await bench.send(1)
    await bench.deliver()
    assert.deepEqual(
      hook.received.map((received) => [received.path, verified(secret, received).data['message_id']]),
      [['/orders/1843', id]],
    )
  })

  it('keep callback addresses apart: a dead one delays no other, and 410 ends its own deliveries', async () => {
    const { secret } = await rotateCallbackSecret(bench.db, 1)
    const gone = await startEndpoint(says(410))
    await bench.send(1, 2, { callbackUrl: gone.url })
    await bench.send(1, 2, { callbackUrl: hook.url })
    for (let round = 0; round < 3; round++) {
      await bench.deliver()
      await bench.skipWaits()
    }
    assert.deepEqual(numbersAt(hook, secret), [3, 4])
    assert.equal(gone.received.length, 2)
    await gone.close()
  })

  it('end with the endpoint, and then its customer makes no events any more', async () => {
    const { id } = await bench.addEndpoint(1, { url: hook.url })
    assert.equal(await deleteEndpoint(bench.db, { userId: 2, endpointId: id }), false)
    assert.equal(await deleteEndpoint(bench.db, { userId: 1, endpointId: id }), true)
    await bench.send(1)
    const [row] = await look(bench.db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM event_queue`)
    assert.equal(row?.n, 0)
  })

  it('have a bounded number of endpoints a customer', async () => {
    for (let n = 0; n < 10; n++) await bench.addEndpoint(1, { url: hook.url })
    const values = { url: hook.url, eventTypes: null, includeText: false }
    const context = { db: bench.db, newId: newIdOf(bench.db) }
    assert.equal((await createEndpoint(context, 1, values)).kind, 'too_many_endpoints')
    assert.equal((await createEndpoint(context, 2, values)).kind, 'created')
  })

  it('find due endpoints by their index alone', async () => {
    const { explain } = await import('../support/explain.ts')
    const [line] = await explain(bench.db, dueEndpoints(false, 10))
    assert.equal(line?.key, 'idx_webhook_endpoints_due')
    assert.doesNotMatch(line?.Extra ?? '', /filesort/)
  })
})

async function claimAfterSequence(bench: WebhookBench) {
  await sequenceAll(bench.db, { onSequenced: (tx, events) => enqueue(tx, events, newIdOf(bench.db)) })
  return claimEndpoints(bench.db, { isSlow: false, endpointsMax: 10 })
}
