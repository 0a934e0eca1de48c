import assert from 'node:assert/strict'
import { queuesOf, topology } from '../../../src/outbox/index.ts'
import { openPublisher, openSubscription } from '../../../src/platform/broker/index.ts'
import type { Delivery, Publisher, Subscription } from '../../../src/platform/broker/index.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack, privateServers } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

/** Longer than any wait for a confirm that has a bound. */
const LONG_ALARM_MS = 6_000
/** Above what any answer takes that comes. */
const CONFIRM_MS = 20_000
/** How long one is waited for that does not come under an alarm. */
const LOST_MS = 500
const BODY = Buffer.from('{"of":"a test"}')

describe('links to a broker in trouble', () => {
  let stack: Stack
  let publisher: Publisher
  let subscription: Subscription
  let ctl: (...args: string[]) => Promise<string>
  let states: string[]
  let received: number
  let kept: Delivery[] | undefined

  before(async function () {
    const servers = privateServers(this)
    ctl = (...args) => servers.managementCtl(args)
    stack = await freshStack()
  })
  beforeEach(async () => {
    states = []
    received = 0
    kept = undefined
    const queues = queuesOf(stack.queues)
    const shared = {
      url: stack.amqpUrl,
      queues: topology(queues),
      onState: (_link: string, state: string) => states.push(state),
    }
    publisher = await openPublisher({ ...shared, name: 'test publisher', confirmTimeoutMs: CONFIRM_MS })
    subscription = await openSubscription({
      ...shared,
      ...queues.normal,
      name: 'test subscription',
      prefetch: 10,
      onDelivery: (delivery) => {
        received++
        if (kept) kept.push(delivery)
        else delivery.ack()
      },
    })
    await up()
  })
  afterEach(async () => {
    await publisher.close()
    await subscription.close()
  })
  after(() => stack?.drop())

  const up = () => eventually('both are up', () => publisher.isReady() && subscription.isUp())
  const publish = (wait?: { timeoutMs: number }) => publisher.publish(stack.queues.normal, BODY, {}, wait)

  it('heal after the broker closed every connection', async () => {
    await ctl('close_all_connections', '--vhost', new URL(stack.amqpUrl).pathname.slice(1), 'a test')
    await eventually('both noticed', () => states.filter((state) => state === 'down').length === 2)
    await up()
    assert.equal(await publish(), 'confirmed')
    await eventually('it is received', () => received === 1)
  })

  it('are blocked by a memory alarm: the publisher is not ready and loses nothing silently, and goes on after it', async () => {
    await ctl('set_vm_memory_high_watermark', 'absolute', '1MB')
    try {
      assert.equal(await publish({ timeoutMs: LOST_MS }), 'lost')
      await eventually('it is told', () => states.includes('blocked'))
      assert.equal(publisher.isReady(), false)
    } finally {
      await ctl('set_vm_memory_high_watermark', 'absolute', '1GB')
    }
    await eventually('it is ready again', () => publisher.isReady())
    assert.equal(await publish(), 'confirmed')
    // Lost means unknown: the broker's socket held the first one all the time.
    await eventually('both are received', () => received === 2)
  })

  it('store one copy of an unreadable message, however long an alarm lasts', async () => {
    const { deadLetterQueue } = queuesOf(stack.queues).normal
    kept = []
    assert.equal(await publish(), 'confirmed')
    await eventually('it is received', () => kept?.length === 1)
    await ctl('set_vm_memory_high_watermark', 'absolute', '1MB')
    let stored: Promise<void> | undefined
    try {
      stored = kept[0]?.deadLetter('a test')
      const patient = await openPublisher({
        url: stack.amqpUrl,
        name: 'patient publisher',
        queues: [],
        onState: () => {},
        confirmTimeoutMs: LONG_ALARM_MS,
      })
      assert.equal(await patient.publish(stack.queues.express, BODY), 'lost')
      await patient.close()
    } finally {
      await ctl('set_vm_memory_high_watermark', 'absolute', '1GB')
    }
    await stored
    await subscription.close()
    await eventually('the publisher is ready', () => publisher.isReady())
    const counts = [deadLetterQueue, stack.queues.normal].map((name) => publisher.readyMessages(name))
    assert.deepEqual(await Promise.all(counts), [1, 0])
  })
})
