import type { QueueSpec } from '../platform/broker/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** The queue of a class and where its unreadable messages go. */
export interface ClassQueues {
  queue: string
  deadLetterQueue: string
}

/**
 * Ready envelopes of a class up to which the relay claims more. The backlog belongs into MySQL, where it can be
 * ordered, cancelled and shared out; 20 envelopes keep the consumers busy for longer than a claim takes.
 */
export const READY_ENVELOPES_MAX = 20
/** The broker's own limit, against several relays that claim at once. It is soft and counts ready messages only. */
const QUEUE_LENGTH_MAX = 100
/** Unreadable messages kept for people; beyond, the oldest go. Each is named by an outbox row, so none is lost. */
const DEAD_LETTERS_MAX = 10_000
/**
 * As good as none: links that break must not dead-letter good work. Not -1, which means none to RabbitMQ 4, but which
 * 3.10 takes for less than zero, so that it dead-letters at the first return (decision 0008).
 */
const DELIVERY_LIMIT = 1_000_000_000

export function deadLetterQueueOf(queue: string): string {
  return `${queue}.dead`
}

export function queuesOf(names: Record<MessageClass, string>): Record<MessageClass, ClassQueues> {
  const of = (queue: string) => ({ queue, deadLetterQueue: deadLetterQueueOf(queue) })
  return { normal: of(names.normal), express: of(names.express) }
}

/** All that the broker needs to hold, as data; declared by whoever connects, again after every reconnect. */
export function topology(queues: Record<MessageClass, ClassQueues>): QueueSpec[] {
  return Object.values(queues).flatMap(({ queue, deadLetterQueue }) => [
    {
      name: queue,
      arguments: {
        'x-overflow': 'reject-publish',
        'x-max-length': QUEUE_LENGTH_MAX,
        'x-delivery-limit': DELIVERY_LIMIT,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': deadLetterQueue,
      },
    },
    {
      name: deadLetterQueue,
      arguments: { 'x-max-length': DEAD_LETTERS_MAX, 'x-delivery-limit': DELIVERY_LIMIT },
    },
  ])
}
