import type { QueueSpec } from '../platform/broker/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** The queue of a class and where its unreadable messages go. */
export interface ClassQueues {
  queue: string
  deadLetterQueue: string
}

/**
 * Ready envelopes of a class up to which the relay claims more. The backlog belongs in MySQL, where it can be ordered,
 * cancelled and shared fairly; the last 4 outlast the relay's look and claim.
 */
export const READY_ENVELOPES_MAX = 12
/** The relay waits until there is room for this many, because a claim for each single envelope would cost too much. */
export const CLAIM_ENVELOPES_MIN = 8
/** The broker's limit, for several relays that claim concurrently. It is soft and counts ready messages only. */
const QUEUE_LENGTH_MAX = 100
/**
 * The most unreadable messages kept for inspection; the oldest are dropped. An outbox row references each one, so none
 * is lost.
 */
const DEAD_LETTERS_MAX = 10_000
/**
 * Practically unlimited: broken connections must not dead-letter valid messages. It is not -1, because RabbitMQ 3.10
 * then dead-letters at the first redelivery (decision 0008).
 */
const DELIVERY_LIMIT = 1_000_000_000

export function deadLetterQueueOf(queue: string): string {
  return `${queue}.dead`
}

export function queuesOf(names: Record<MessageClass, string>): Record<MessageClass, ClassQueues> {
  const of = (queue: string) => ({ queue, deadLetterQueue: deadLetterQueueOf(queue) })
  return { normal: of(names.normal), express: of(names.express) }
}

/** The queues of the broker, as data. Every process that connects declares them, again after each reconnect. */
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
