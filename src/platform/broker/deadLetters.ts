import { retryWithBackoff } from '../retryWithBackoff.ts'
import { openPublisher } from './publisher.ts'
import type { OpenedPublisher, PublisherSettings } from './publisher.ts'

export const REASON_HEADER = 'x-chapar-reason'
export const CAME_FROM_HEADER = 'x-chapar-queue'

/** An unreadable message, stored for inspection. */
export interface UnreadableMessage {
  body: Buffer
  headers: Record<string, unknown>
  /** The queue that it came from. */
  queue: string
  reason: string
}

/** Where unreadable messages are stored. */
export interface DeadLetters {
  /**
   * Stores a copy in the dead-letter queue. It waits for the broker's answer without a time-out: a broker under an
   * alarm may store the copy later, and a second publish would duplicate it.
   * @returns whether the copy is stored; false only when `signal` was aborted first.
   */
  put(message: UnreadableMessage, signal: AbortSignal): Promise<boolean>
  close(): Promise<void>
}

const RETRY_MS = 100
const RETRY_MAX_MS = 5_000

/** Publishes on a connection of its own, opened by the first message: an alarm stops a connection that publishes. */
export function openDeadLetters(settings: PublisherSettings & { deadLetterQueue: string }): DeadLetters {
  let opened: Promise<OpenedPublisher> | undefined

  async function publisher(): Promise<OpenedPublisher> {
    opened ??= openPublisher(settings)
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }

  async function publish(message: UnreadableMessage, signal: AbortSignal): Promise<void> {
    const { body, headers, queue, reason } = message
    const open = await publisher()
    const options = {
      headers: { ...headers, [REASON_HEADER]: reason, [CAME_FROM_HEADER]: queue },
      timestamp: Math.floor(Date.now() / 1_000),
    }
    const result = await open.publish(settings.deadLetterQueue, body, options, { signal })
    if (result === 'returned') await open.declare()
    if (result !== 'confirmed') throw new Error(`the dead letter was ${result}`)
  }

  return {
    async put(message, signal) {
      const { kind } = await retryWithBackoff(() => publish(message, signal), {
        isTransient: () => true,
        onError: () => {},
        firstPauseMs: RETRY_MS,
        maxPauseMs: RETRY_MAX_MS,
        faultsMax: 1,
        signal,
      })
      return kind === 'done'
    },
    close: async () => void (await opened?.then((open) => open.close()).catch(() => {})),
  }
}
