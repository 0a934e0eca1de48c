import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { queuesOf, topology } from '../../../src/outbox/index.ts'
import { CAME_FROM_HEADER, REASON_HEADER, openSubscription } from '../../../src/platform/broker/index.ts'
import type { Delivery, Subscription } from '../../../src/platform/broker/index.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'

const PREFETCH = 3

describe('a subscription', () => {
  let stack: Stack
  let proxy: TcpProxy
  let subscription: Subscription
  let direct: ChannelModel
  let channel: ConfirmChannel
  let queue: string
  let deadLetterQueue: string
  let deliveries: Delivery[]

  before(async () => {
    stack = await freshStack()
    ;({ queue, deadLetterQueue } = queuesOf(stack.queues).normal)
    proxy = await openTcpProxy(stack.amqpUrl)
    direct = await connect(stack.amqpUrl)
  })
  beforeEach(async () => {
    channel = await direct.createConfirmChannel()
    deliveries = []
    await subscribe()
    await eventually('the subscription is up', () => subscription.isUp())
  })
  afterEach(async () => {
    proxy.resume()
    await subscription.close()
    for (const name of [queue, deadLetterQueue]) await channel.purgeQueue(name)
    await channel.close()
  })
  after(async () => {
    await direct.close()
    await proxy.close()
    await stack.drop()
  })

  async function subscribe(): Promise<void> {
    subscription = await openSubscription({
      url: proxy.url,
      name: 'test subscription',
      queue,
      deadLetterQueue,
      queues: topology(queuesOf(stack.queues)),
      prefetch: PREFETCH,
      onDelivery: (delivery) => deliveries.push(delivery),
      onState: () => {},
    })
  }

  async function put(...bodies: string[]): Promise<void> {
    for (const body of bodies) channel.sendToQueue(queue, Buffer.from(body), { persistent: true })
    await channel.waitForConfirms()
  }

  const bodies = () => deliveries.map(({ body }) => body.toString())
  const arrived = (count: number) => eventually(`${count} arrived`, () => deliveries.length === count)
  const countReady = async (name = queue) => (await channel.checkQueue(name)).messageCount

  it('delivers in order, and what is acknowledged is gone', async () => {
    await put('1', '2', '3')
    await arrived(3)
    assert.deepEqual(bodies(), ['1', '2', '3'])
    for (const delivery of deliveries) delivery.ack()
    await subscription.close()
    assert.equal(await countReady(), 0)
  })

  it('has no more in hand than its prefetch, and gets the next for each that is answered', async () => {
    await put('1', '2', '3', '4', '5')
    await arrived(PREFETCH)
    assert.equal(await countReady(), 2)
    deliveries[0]?.ack()
    await arrived(PREFETCH + 1)
    assert.deepEqual(bodies(), ['1', '2', '3', '4'])
  })

  it('gets what it had not answered again after its link was cut, marked as such; a late answer harms nothing', async () => {
    await put('1', '2')
    await arrived(2)
    proxy.cut()
    await arrived(4)
    assert.deepEqual(bodies(), ['1', '2', '1', '2'])
    assert.deepEqual(
      deliveries.map(({ redelivered }) => redelivered),
      [false, false, true, true],
    )
    for (const delivery of deliveries) delivery.ack()
    await subscription.close()
    assert.equal(await countReady(), 0)
  })

  it('heals when the broker cancels it because its queue was deleted', async () => {
    await channel.deleteQueue(queue)
    await eventually('the queue is there again', async () => {
      const probe = await direct.createChannel()
      probe.on('error', () => {})
      const there = await probe.checkQueue(queue).then(
        () => true,
        () => false,
      )
      if (there) await probe.close()
      return there
    })
    await put('1')
    await arrived(1)
  })

  it('dead-letters a message with its reason and where it came from', async () => {
    await put('nonsense')
    await arrived(1)
    await deliveries[0]?.deadLetter('not JSON')
    await eventually('it is there', async () => (await countReady(deadLetterQueue)) === 1)
    const dead = await channel.get(deadLetterQueue)
    assert.ok(dead)
    assert.equal(dead.content.toString(), 'nonsense')
    assert.equal(dead.properties.deliveryMode, 2)
    const { [REASON_HEADER]: reason, [CAME_FROM_HEADER]: cameFrom } = dead.properties.headers ?? {}
    assert.deepEqual([reason, cameFrom], ['not JSON', queue])
    channel.ack(dead)
    await subscription.close()
    assert.equal(await countReady(), 0)
  })

  it('keeps a message whose link was cut before it was dead-lettered', async () => {
    await put('nonsense')
    await arrived(1)
    proxy.cut()
    await deliveries[0]?.deadLetter('not JSON')
    await arrived(2)
    assert.deepEqual(bodies(), ['nonsense', 'nonsense'])
    assert.equal(await countReady(deadLetterQueue), 0)
  })

  it('declares the dead-letter queue again when it was deleted, and loses no message', async () => {
    await put('nonsense', 'more nonsense')
    await arrived(2)
    // The first opens the connection, which declares the queues.
    await deliveries[0]?.deadLetter('not JSON')
    await channel.deleteQueue(deadLetterQueue)
    await deliveries[1]?.deadLetter('not JSON')
    assert.equal(await countReady(deadLetterQueue), 1)
    await subscription.close()
    assert.equal(await countReady(), 0)
  })

  it('does not acknowledge a message whose copy is not confirmed, and stops waiting for it when it stops', async () => {
    await put('nonsense')
    await arrived(1)
    const forget = proxy.onBytes((bytes, direction, link) => {
      if (direction === 'toServer' && bytes.includes('not JSON')) link.silence()
    })
    const deadLettering = deliveries[0]?.deadLetter('not JSON')
    await subscription.stop()
    await deadLettering
    forget()
    await subscription.close()
    await eventually('it is back', async () => (await countReady()) === 1)
  })

  it('takes nothing more once it is stopped, and what is in hand can still be answered', async () => {
    await put('1')
    await arrived(1)
    await subscription.stop()
    await put('2')
    deliveries[0]?.ack()
    await subscription.close()
    await eventually('the second one is left', async () => (await countReady()) === 1)
    assert.deepEqual(bodies(), ['1'])
  })

  it('takes nothing after a stop that came while it was coming back', async () => {
    const consume = Buffer.from([0, 60, 0, 20])
    let asked = false
    const forget = proxy.onBytes((bytes, direction, link) => {
      if (direction !== 'toServer' || !bytes.includes(consume)) return
      asked = true
      link.silence()
    })
    proxy.cut()
    await eventually('it asks to consume', () => asked)
    forget()
    const stopping = subscription.stop()
    proxy.resume()
    await stopping
    await eventually(
      'the queue has no consumer',
      async () => (await channel.checkQueue(queue)).consumerCount === 0,
    )
    await put('1')
    await subscription.close()
    assert.deepEqual(bodies(), [])
  })

  it('shares the queue with others: each message goes to one of them', async () => {
    const first = subscription
    await subscribe()
    await eventually('both are up', () => subscription.isUp() && first.isUp())
    const sent = Array.from({ length: 20 }, (_, index) => String(index))
    await put(...sent)
    const answered = new Set<Delivery>()
    await eventually('all arrived', () => {
      for (const delivery of deliveries.filter((each) => !answered.has(each))) {
        delivery.ack()
        answered.add(delivery)
      }
      return deliveries.length >= 20
    })
    assert.deepEqual(bodies().sort(), sent.sort())
    await first.close()
  })
})
