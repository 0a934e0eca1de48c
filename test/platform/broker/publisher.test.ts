import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import type { Channel, ChannelModel } from 'amqplib'
import { queuesOf, topology } from '../../../src/outbox/index.ts'
import { openPublisher } from '../../../src/platform/broker/index.ts'
import type { Publisher } from '../../../src/platform/broker/index.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'

const BODY = Buffer.from('{"of":"a test"}')
/** Above what any answer takes that comes. */
const CONFIRM_MS = 20_000
/** How long one is waited for that never comes. */
const LOST_MS = 500

describe('a publisher', () => {
  let stack: Stack
  let proxy: TcpProxy
  let publisher: Publisher
  let direct: ChannelModel
  let channel: Channel
  let queue: string

  before(async () => {
    stack = await freshStack()
    queue = stack.queues.normal
    proxy = await openTcpProxy(stack.amqpUrl)
    direct = await connect(stack.amqpUrl)
    direct.on('error', () => {})
  })
  beforeEach(async () => {
    channel = await direct.createChannel()
    publisher = await openPublisher({
      url: proxy.url,
      name: 'test publisher',
      queues: topology(queuesOf(stack.queues)),
      onState: () => {},
      confirmTimeoutMs: CONFIRM_MS,
      silentMaxMs: 300,
    })
    await ready()
  })
  afterEach(async () => {
    proxy.resume()
    await publisher.close()
    await channel.purgeQueue(queue)
    await channel.close()
  })
  after(async () => {
    await direct.close()
    await proxy.close()
    await stack.drop()
  })

  const ready = () => eventually('the publisher is ready', () => publisher.isReady())
  const publishUntilConfirmed = () =>
    eventually('a publish is confirmed', async () => (await publisher.publish(queue, BODY)) === 'confirmed')

  it('has a message confirmed when it is in the queue, to outlive the broker', async () => {
    assert.equal(await publisher.publish(queue, BODY), 'confirmed')
    const message = await channel.get(queue)
    assert.ok(message)
    assert.deepEqual(message.content, BODY)
    assert.deepEqual(
      [message.properties.deliveryMode, message.properties.contentType],
      [2, 'application/json'],
    )
    channel.ack(message)
  })

  it('tells a message that no queue took from one that is in a queue, among many at once', async () => {
    const results = await Promise.all(
      [queue, 'no.such.queue', queue, 'no.such.queue', queue].map((name) => publisher.publish(name, BODY)),
    )
    assert.deepEqual(results, ['confirmed', 'returned', 'confirmed', 'returned', 'confirmed'])
  })

  it('counts the messages that are ready, and not those that a consumer holds', async () => {
    for (let i = 0; i < 3; i++) await publisher.publish(queue, BODY)
    const held = await channel.get(queue)
    await eventually('two are ready', async () => (await publisher.readyMessages(queue)) === 2)
    if (held) channel.nack(held)
    await eventually('three are ready', async () => (await publisher.readyMessages(queue)) === 3)
  })

  it('calls a message lost, not refused, when the link was cut before the broker answered', async () => {
    for (const link of proxy.links()) link.silence('toClient')
    const publishing = Promise.all([publisher.publish(queue, BODY), publisher.publish(queue, BODY)])
    await eventually('they arrived', async () => (await channel.checkQueue(queue)).messageCount === 2)
    proxy.cut()
    assert.deepEqual(await publishing, ['lost', 'lost'])
  })

  it('calls a message lost when no answer comes in time', async () => {
    for (const link of proxy.links()) link.silence()
    assert.equal(await publisher.publish(queue, BODY, {}, { timeoutMs: LOST_MS }), 'lost')
  })

  it('is not ready while the broker answers nothing, and is ready again with its next answer', async () => {
    for (const link of proxy.links()) link.silence()
    const publishing = publisher.publish(queue, BODY, {}, {})
    await eventually('it is not ready', () => !publisher.isReady())
    assert.equal(proxy.links().length, 1, 'the link itself is up')
    proxy.resume()
    assert.equal(await publishing, 'confirmed')
    assert.equal(publisher.isReady(), true)
  })

  it('is not ready while its link is down, loses what it is given then, and heals', async () => {
    proxy.refuse()
    proxy.cut()
    await eventually('it is not ready', () => !publisher.isReady())
    assert.equal(await publisher.publish(queue, BODY), 'lost')
    await assert.rejects(publisher.readyMessages(queue), /unavailable/)
    proxy.admit()
    await ready()
    assert.equal(await publisher.publish(queue, BODY), 'confirmed')
  })

  it('heals when the broker closes its channel, and declares a queue again that was deleted', async () => {
    await channel.deleteQueue(queue)
    assert.equal(await publisher.publish(queue, BODY), 'returned')
    await assert.rejects(publisher.readyMessages(queue), /NOT.FOUND/)
    await publishUntilConfirmed()
  })

  it('loses nothing without saying so while links come and go', async () => {
    const results: string[] = []
    for (let round = 0; round < 5; round++) {
      await ready()
      const publishing = Array.from({ length: 10 }, () => publisher.publish(queue, BODY))
      proxy.cut()
      results.push(...(await Promise.all(publishing)))
    }
    await ready()
    const { messageCount } = await channel.checkQueue(queue)
    const confirmed = results.filter((result) => result === 'confirmed').length
    assert.equal(results.length, 50)
    assert.ok(messageCount >= confirmed, `${confirmed} were confirmed and ${messageCount} are there`)
    assert.ok(results.every((result) => result === 'confirmed' || result === 'lost'))
  })
})
