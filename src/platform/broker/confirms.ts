import { randomUUID } from 'node:crypto'
import type { ConfirmChannel, Message, Options } from 'amqplib'

/**
 * The result of one publish: `confirmed` is on disk on a majority of the queue's members, `refused` met a full queue,
 * `returned` met no queue, and `lost` got no answer and may be in the queue or not.
 */
export type PublishResult = 'confirmed' | 'refused' | 'returned' | 'lost'

export interface PublishOptions {
  headers?: Record<string, unknown>
  contentType?: string
  /** Seconds since the epoch. */
  timestamp?: number
}

/** How long to wait for the broker's answer. The end of the channel ends the wait in any case. */
export interface WaitOptions {
  timeoutMs?: number
  signal?: AbortSignal
}

/** The only way to publish: persistent, mandatory, and with a confirm for each message. */
export interface Confirms {
  /** Whether the socket takes more without buffering. */
  isWritable(): boolean
  /**
   * How long the broker has been silent while an answer is due; 0 when none is. A node that is cut off from the others
   * confirms nothing and still answers questions, so that one says nothing of the other.
   */
  silentMs(): number
  /** Never rejects. */
  publish(queue: string, body: Buffer, options: PublishOptions, wait: WaitOptions): Promise<PublishResult>
  /** Counts a question to the broker as unanswered until it is settled. */
  ask<T>(question: Promise<T>): Promise<T>
}

/** Call it once for a channel. */
export function openConfirms(channel: ConfirmChannel): Confirms {
  const pending = new Set<string>()
  const returned = new Set<string>()
  const [publishes, questions] = [openSilence(), openSilence()]
  let isClosed = false
  let writable = true

  channel.on('return', ({ properties }: Message) => {
    const messageId = String(properties.messageId)
    if (pending.has(messageId)) returned.add(messageId)
  })
  channel.on('drain', () => (writable = true))
  // Runs before amqplib's own listener, which reports unconfirmed messages as refused by the broker.
  channel.prependListener('close', () => (isClosed = true))

  return {
    isWritable: () => writable,
    silentMs: () => Math.max(publishes.lastsMs(), questions.lastsMs()),
    async ask(question) {
      questions.begin()
      try {
        return await question
      } finally {
        questions.answered()
      }
    },
    publish(queue, body, options, { timeoutMs, signal }) {
      if (isClosed || signal?.aborted) return Promise.resolve('lost')
      const messageId = randomUUID()
      pending.add(messageId)
      publishes.begin()
      return new Promise((resolve) => {
        const giveUp = () => end('lost')
        const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs)
        signal?.addEventListener('abort', giveUp, { once: true })
        const end = (result: PublishResult) => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', giveUp)
          pending.delete(messageId)
          returned.delete(messageId)
          resolve(result)
        }
        const onConfirm = (error: unknown) => {
          publishes.answered()
          // A return precedes the confirm of the same message.
          if (returned.has(messageId)) end('returned')
          else if (!error) end('confirmed')
          else end(isClosed ? 'lost' : 'refused')
        }
        try {
          const fields: Options.Publish = { ...options, persistent: true, mandatory: true, messageId }
          writable = channel.sendToQueue(queue, body, fields, onConfirm) && writable
        } catch {
          publishes.answered()
          end('lost')
        }
      })
    },
  }
}

/** How long nothing of one kind has been answered. */
function openSilence() {
  let [unanswered, sinceMs] = [0, 0]
  return {
    begin(): void {
      if (unanswered++ === 0) sinceMs = performance.now()
    },
    answered(): void {
      unanswered--
      sinceMs = performance.now()
    },
    lastsMs: () => (unanswered === 0 ? 0 : performance.now() - sinceMs),
  }
}
