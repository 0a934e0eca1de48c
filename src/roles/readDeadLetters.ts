import type { ClassQueues } from '../outbox/index.ts'
import type { Publisher } from '../platform/broker/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'

/** The broker is asked once in this time. */
const CACHE_MS = 5_000

/** @returns what counts the dead letters of each class; what the broker does not say stays as it was last. */
export function openDeadLetterCounts(
  relays: readonly { type: MessageClass; publisher: Pick<Publisher, 'readyMessages'> }[],
  queues: Record<MessageClass, Pick<ClassQueues, 'deadLetterQueue'>>,
): () => Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  let readAtMs = -Infinity
  const read = async ({ type, publisher }: (typeof relays)[number]) => {
    try {
      counts[type] = await publisher.readyMessages(queues[type].deadLetterQueue)
    } catch {
      // The relay reports that the broker is unavailable.
    }
  }
  return async () => {
    if (performance.now() - readAtMs >= CACHE_MS) {
      readAtMs = performance.now()
      await Promise.all(relays.map(read))
    }
    return { ...counts }
  }
}
