import { randomUUID } from 'node:crypto'
import { connect } from 'amqplib'
import { queuesOf } from '../../src/outbox/index.ts'
import type { Envelope } from '../../src/outbox/index.ts'
import { REASON_HEADER } from '../../src/platform/broker/index.ts'
import { eventually } from '../support/eventually.ts'
import type { Stack } from '../support/servers.ts'

/** An envelope as the relay publishes it, of a message that does not exist. */
export function envelopeOf(outboxId: string): Envelope {
  return {
    outboxId,
    type: 'normal',
    ranges: [{ smsIdentifier: randomUUID(), first: 1, last: 1, userId: 1 }],
  }
}

/** Takes so many messages from the dead-letter queue of normal messages. */
export async function readDeadLetters(
  stack: Stack,
  count: number,
): Promise<{ body: string; reason: string }[]> {
  const connection = await connect(stack.amqpUrl)
  const channel = await connection.createChannel()
  const found: { body: string; reason: string }[] = []
  await eventually(`${count} dead letters`, async () => {
    const message = await channel.get(queuesOf(stack.queues).normal.deadLetterQueue, { noAck: true })
    if (message) {
      const reason = String(message.properties.headers?.[REASON_HEADER])
      found.push({ body: message.content.toString(), reason })
    }
    return found.length === count
  })
  await connection.close()
  return found
}
