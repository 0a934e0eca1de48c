import type { Channel } from 'amqplib'

/** One queue as it is declared: always durable, always a quorum queue. */
export interface QueueSpec {
  name: string
  arguments: Record<string, string | number>
}

/** Declares what is missing; a queue that exists with other arguments is an error that names the difference. */
export async function declareQueues(channel: Channel, queues: readonly QueueSpec[]): Promise<void> {
  for (const { name, arguments: args } of queues) {
    await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum', ...args } })
  }
}
