import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { queuesOf, topology } from '../../../src/outbox/index.ts'
import { openPublisher, openSubscription } from '../../../src/platform/broker/index.ts'
import type { Subscription } from '../../../src/platform/broker/index.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

const LEAVE_AFTER_MS = 300
/** No heartbeat ends a link before a test ends: a node that is left is left for its silence. */
const HEARTBEAT = 'heartbeat=600'

describe('a node of several that keeps its connections and answers nothing', () => {
  let stack: Stack
  let node: TcpProxy
  let other: TcpProxy
  let direct: ChannelModel
  let channel: ConfirmChannel
  let queue: string
  let subscription: Subscription | undefined
  let close: (() => Promise<void>) | undefined

  before(async () => {
    stack = await freshStack()
    ;({ queue } = queuesOf(stack.queues).normal)
    node = await openTcpProxy(stack.amqpUrl)
    other = await openTcpProxy(stack.amqpUrl)
    direct = await connect(stack.amqpUrl)
    channel = await direct.createConfirmChannel()
  })
  afterEach(async () => {
    node.resume()
    await close?.()
    await channel.purgeQueue(queue)
  })
  after(async () => {
    await direct.close()
    await node.close()
    await other.close()
    await stack.drop()
  })

  const common = (...nodes: TcpProxy[]) => ({
    ...{
      url: nodes.map(({ url }) => `${url}?${HEARTBEAT}`).join(','),
      name: 'test',
      queues: topology(queuesOf(stack.queues)),
    },
    ...{ leaveAfterMs: LEAVE_AFTER_MS, onState: () => {} },
  })
  /** Links to come as well: a busy machine may be silent for so long that the other node is left in its turn. */
  const silence = () => node.silence()

  it('is left by a publisher, which publishes through the next one', async () => {
    const publisher = await openPublisher({
      ...common(node, other),
      ...{ confirmTimeoutMs: 100, silentMaxMs: 100 },
    })
    close = () => publisher.close()
    await eventually('it is ready', () => publisher.isReady())
    silence()
    assert.equal(await publisher.publish(queue, Buffer.from('unconfirmed')), 'lost')
    const isConfirmed = async () => (await publisher.publish(queue, Buffer.from('1'))) === 'confirmed'
    await eventually('it publishes', isConfirmed)
    assert.equal(other.links().length, 1)
  })

  it('is kept by a publisher that knows no other', async () => {
    const publisher = await openPublisher({ ...common(node), confirmTimeoutMs: 3 * LEAVE_AFTER_MS })
    close = () => publisher.close()
    await eventually('it is ready', () => publisher.isReady())
    const [link] = node.links()
    silence()
    assert.equal(await publisher.publish(queue, Buffer.from('unconfirmed')), 'lost')
    assert.deepEqual(node.links(), [link])
  })

  it('is left by a consumer that had nothing to do, which is given what comes through the next one', async () => {
    const bodies: string[] = []
    subscription = await openSubscription({
      ...common(node, other),
      ...{ queue, deadLetterQueue: queuesOf(stack.queues).normal.deadLetterQueue, prefetch: 1, askMs: 50 },
      onDelivery: (delivery) => {
        bodies.push(delivery.body.toString())
        delivery.ack()
      },
    })
    close = async () => subscription?.close()
    await eventually('it is up', () => subscription?.isUp() ?? false)
    silence()
    // One goes to the consumer that the broker still believes to be there.
    for (const body of ['1', '2']) channel.sendToQueue(queue, Buffer.from(body), { persistent: true })
    await eventually('one has arrived', () => bodies.length > 0)
    assert.equal(other.links().length, 1)
  })
})
