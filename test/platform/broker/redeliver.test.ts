import assert from 'node:assert/strict'
import { connect } from 'amqplib'
import { queuesOf, topology } from '../../../src/outbox/index.ts'
import { declareQueues } from '../../../src/platform/broker/index.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

/** More often than the limit that RabbitMQ 4 sets by itself (20). */
const DELIVERIES = 25

describe('a queue of the topology', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())

  it('delivers a message as often as links break, and dead-letters none for it', async () => {
    const { queue, deadLetterQueue } = queuesOf(stack.queues).normal
    const connection = await connect(stack.amqpUrl)
    const channel = await connection.createConfirmChannel()
    await declareQueues(channel, topology(queuesOf(stack.queues)))
    channel.sendToQueue(queue, Buffer.from('1'), { persistent: true })
    await channel.waitForConfirms()
    for (let delivery = 1; delivery <= DELIVERIES; delivery++) {
      const broken = await connection.createChannel()
      await eventually(`delivery ${delivery}`, async () => Boolean(await broken.get(queue)))
      // Unanswered, as when the link breaks.
      await broken.close()
    }
    await eventually('it is there again', async () => (await channel.checkQueue(queue)).messageCount === 1)
    assert.equal((await channel.checkQueue(deadLetterQueue)).messageCount, 0)
    await connection.close()
  })
})
