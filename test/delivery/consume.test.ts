import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { startConsumer } from '../../src/delivery/index.ts'
import type { Consumer, Deliver, DeliveryEvents } from '../../src/delivery/index.ts'
import { encodeEnvelope, queuesOf, topology } from '../../src/outbox/index.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import { openPublisher, openSubscription } from '../../src/platform/broker/index.ts'
import type { Publisher, Subscription } from '../../src/platform/broker/index.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { envelopeOf, readDeadLetters } from './queued.ts'
import { registered } from './registered.ts'
import type { Registered } from './registered.ts'

const CONCURRENCY = 2
const PREFETCH = 20
const FAULTS_MAX = 3
const NEVER_MS = 600_000

describe('a consumer of the queue of a class', () => {
  let stack: Stack
  let publisher: Publisher
  let subscription: Subscription
  let consumer: Consumer
  let hands: Registered
  /** Envelopes whose delivery has begun, by outbox row, and what lets each end. */
  let begun: string[]
  let underWay: Map<string, PromiseWithResolvers<void>>
  let failures: string[]
  let unreadable: string[]

  const events: DeliveryEvents = {
    settled: () => {},
    stale: () => {},
    possibleDuplicates: () => {},
    submittedAgain: () => {},
    resultLost: () => {},
    quarantined: () => {},
    claimed: () => {},
    hedged: () => {},
    hedgeWithheld: () => {},
    leasesTakenOver: () => {},
    unreadable: ({ reason }) => unreadable.push(reason),
    deliveryFailed: ({ step }) => failures.push(step),
  }

  beforeEach(async () => {
    ;[begun, underWay, failures, unreadable] = [[], new Map(), [], []]
    hands = registered(NEVER_MS)
    stack = await freshStack()
    const queues = topology(queuesOf(stack.queues))
    const link = { url: stack.amqpUrl, queues, onState: () => {} }
    publisher = await openPublisher({ ...link, name: 'test publisher' })
    await eventually('the publisher is ready', () => publisher.isReady())
  })
  afterEach(async () => {
    await publisher.close()
    await hands.operators.close()
    await stack.drop()
  })

  const start = async (deliver: Deliver) => {
    consumer = startConsumer({
      type: 'normal',
      ...{ queue: queuesOf(stack.queues).normal.queue, nowMs: Date.now },
      concurrency: CONCURRENCY,
      operators: hands.operators,
      deliver,
      events,
    })
    subscription = await openSubscription({
      url: stack.amqpUrl,
      name: 'test consumer',
      ...queuesOf(stack.queues).normal,
      queues: topology(queuesOf(stack.queues)),
      prefetch: PREFETCH,
      onDelivery: (delivery) => consumer.onDelivery(delivery),
      onState: () => {},
    })
  }
  /** Begins a delivery that ends when the test says so. */
  const untilTold = (envelope: Envelope) => {
    begun.push(envelope.outboxId)
    const work = Promise.withResolvers<void>()
    underWay.set(envelope.outboxId, work)
    return work.promise
  }
  const finish = (outboxId: string) => underWay.get(outboxId)?.resolve()
  const publish = async (count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => randomUUID() as string)
    for (const outboxId of ids) await publishBody(encodeEnvelope(envelopeOf(outboxId)))
    return ids
  }
  const publishBody = async (body: Buffer) =>
    assert.equal(await publisher.publish(stack.queues.normal, body), 'confirmed')
  const begins = (count: number) => eventually(`${count} begin`, () => begun.length === count)
  /** Ends the consumer, so that what it did not acknowledge is in the queue again. */
  const end = async () => {
    await subscription.stop()
    await consumer.drain()
    await subscription.close()
  }
  const ready = () => publisher.readyMessages(stack.queues.normal)

  it('acknowledges an envelope when its delivery has ended', async () => {
    await start(untilTold)
    const [first = '', second = ''] = await publish(2)
    await begins(2)
    finish(first)
    await subscription.stop()
    const drained = consumer.drain()
    finish(second)
    await drained
    await subscription.close()
    assert.equal(await ready(), 0)
  })

  it('has as many under way as its budget allows, and begins the next when one ends', async () => {
    await start(untilTold)
    const ids = await publish(5)
    await begins(CONCURRENCY)
    for (let ended = 0; ended < 5; ended++) {
      assert.ok(begun.length <= ended + CONCURRENCY)
      finish(begun[ended] ?? '')
      await begins(Math.min(5, ended + 1 + CONCURRENCY))
    }
    assert.deepEqual(begun.toSorted(), ids.toSorted())
    await end()
    assert.equal(await ready(), 0)
  })

  it('counts the recipients that it has in flight, those that wait for their turn included', async () => {
    await start(untilTold)
    assert.equal(consumer.recipientsInFlight(), 0)
    const ids = await publish(CONCURRENCY + 3)
    await eventually('all have come', () => consumer.recipientsInFlight() === ids.length)
    for (let ended = 0; ended < ids.length; ended++) {
      await begins(Math.min(ids.length, ended + CONCURRENCY))
      finish(begun[ended] ?? '')
      await eventually('one less', () => consumer.recipientsInFlight() === ids.length - ended - 1)
    }
    await end()
  })

  it('delivers an envelope once that comes again while it is in flight, and acknowledges both', async () => {
    await start(untilTold)
    const [id = ''] = await publish(1)
    await begins(1)
    for (let copy = 0; copy < 3; copy++) await publishBody(encodeEnvelope(envelopeOf(id)))
    // Those that come after the copies have begun, so the copies have been seen.
    const [next = ''] = await publish(1)
    await begins(2)
    assert.deepEqual(begun, [id, next])
    for (const each of begun) finish(each)
    await end()
    assert.equal(await ready(), 0)
  })

  it('delivers an envelope anew that comes again after its end', async () => {
    await start(untilTold)
    const [id = ''] = await publish(1)
    await begins(1)
    finish(id)
    await publishBody(encodeEnvelope(envelopeOf(id)))
    await begins(2)
    assert.deepEqual(begun, [id, id])
    finish(id)
    await end()
  })

  it('keeps an envelope for as long as the database is unavailable', async () => {
    let tries = 0
    await start(() =>
      ++tries <= FAULTS_MAX + 1
        ? Promise.reject(new Unavailable('database_unavailable', 'away'))
        : Promise.resolve(),
    )
    await publish(1)
    await eventually('it is delivered at last', () => tries === FAULTS_MAX + 2)
    await end()
    assert.deepEqual([failures.length, await ready()], [FAULTS_MAX + 1, 0])
  })

  it(`leaves an envelope to the outbox after ${FAULTS_MAX} faults of ours, and goes on`, async () => {
    const broken: string[] = []
    await start((envelope) => {
      if (envelope.outboxId !== bad) return untilTold(envelope)
      broken.push(envelope.outboxId)
      return Promise.reject(new Error('a fault of ours'))
    })
    const bad = randomUUID()
    await publishBody(encodeEnvelope(envelopeOf(bad)))
    await eventually('it failed often enough', () => broken.length === FAULTS_MAX)
    await publish(CONCURRENCY)
    await begins(CONCURRENCY)
    for (const each of begun) finish(each)
    await end()
    assert.deepEqual([broken.length, failures.length, await ready()], [FAULTS_MAX, FAULTS_MAX, 0])
  })

  it('dead-letters what it cannot understand, with the reason, and goes on', async () => {
    await start(untilTold)
    const express: Envelope = { ...envelopeOf(randomUUID()), type: 'express' }
    await publishBody(Buffer.from('no JSON'))
    await publishBody(Buffer.from('{"version":1}'))
    await publishBody(encodeEnvelope(express))
    const [good = ''] = await publish(1)
    await begins(1)
    finish(good)
    const dead = await readDeadLetters(stack, 3)
    assert.deepEqual(
      dead.map(({ body }) => body.slice(0, 10)),
      ['no JSON', '{"version"', '{"version"'],
    )
    assert.match(dead[0]?.reason ?? '', /not JSON/)
    assert.match(dead[2]?.reason ?? '', /express/)
    assert.deepEqual(
      unreadable,
      dead.map(({ reason }) => reason),
    )
    await end()
    assert.equal(await ready(), 0)
  })

  it('on its way out waits for what began, begins nothing more, and leaves the rest to the broker', async () => {
    await start(untilTold)
    const ids = await publish(5)
    await begins(CONCURRENCY)
    await eventually('the broker has given all out', async () => (await ready()) === 0)
    await subscription.stop()
    let drained = false
    const draining = consumer.drain().then(() => (drained = true))
    finish(begun[0] ?? '')
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    assert.deepEqual([drained, begun.length], [false, CONCURRENCY])
    finish(begun[1] ?? '')
    await draining
    assert.equal(begun.length, CONCURRENCY)
    await subscription.close()
    await eventually('the rest is back', async () => (await ready()) === ids.length - CONCURRENCY)
    assert.deepEqual(failures, [])
  })

  it('on its way out gives up an envelope that only waits for the database', async () => {
    let tries = 0
    await start(() => {
      tries++
      return Promise.reject(new Unavailable('database_unavailable', 'away'))
    })
    await publish(1)
    await eventually('it waits', () => tries > 0)
    await end()
    await eventually('the envelope is back', async () => (await ready()) === 1)
  })

  it('on its way out gives up an envelope that was not claimed yet, without calling it a failure', async () => {
    await start(({ outboxId }, stopping) => {
      begun.push(outboxId)
      return new Promise((_resolve, reject) => {
        stopping?.addEventListener('abort', () => {
          reject(stopping.reason as Error)
        })
      })
    })
    await publish(1)
    await begins(1)
    await end()
    await eventually('the envelope is back', async () => (await ready()) === 1)
    assert.deepEqual(failures, [])
  })

  it('begins nothing while every operator is open, and can still be stopped', async () => {
    await hands.open('a')
    await hands.open('b')
    await start(untilTold)
    await publish(4)
    await eventually('the broker has given all out', async () => (await ready()) === 0)
    await end()
    await eventually('all are back', async () => (await ready()) === 4)
    assert.deepEqual(begun, [])
  })
})
