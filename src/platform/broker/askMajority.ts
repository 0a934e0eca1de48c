import type { ChannelModel } from 'amqplib'

/**
 * Asks what a node answers only together with the majority of its cluster: it declares a queue of this connection alone
 * and deletes it. On its own it would go on to say how long the durable queues are, as it knew them.
 * @returns when it has answered, if only that it may not; a node that is cut off does not.
 */
export async function askMajority(connection: ChannelModel): Promise<void> {
  try {
    // Of its own: a refusal closes it.
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true })
    await channel.deleteQueue(queue)
    await channel.close()
  } catch {
    // Refused, or the connection is at its end.
  }
}
