import { randomUUID } from 'node:crypto'
import type { ChannelModel, ConfirmChannel, Message } from 'amqplib'
import { withTimeout } from '../withTimeout.ts'
import { openLink } from './link.ts'
import type { Link, OnLinkState } from './link.ts'
import { declareQueues } from './topology.ts'
import type { QueueSpec } from './topology.ts'

/**
 * What became of one publish.
 * - confirmed: on disk on a majority of the queue's members, and in a queue.
 * - refused: the queue is full.
 * - returned: no queue took it; the broker would have dropped it.
 * - lost: no answer; it may be in the queue or not.
 */
export type PublishResult = 'confirmed' | 'refused' | 'returned' | 'lost'

export interface Publisher {
  /** Whether a publish has a chance now: connected, not blocked, and the socket takes more. */
  isReady(): boolean
  /** @returns how many messages of a queue are ready, not counting those that a consumer holds. */
  readyMessages(queue: string): Promise<number>
  /** Persistent and mandatory. Never rejects. */
  publish(queue: string, body: Buffer): Promise<PublishResult>
  close(): Promise<void>
}

export interface PublisherSettings {
  url: string
  name: string
  queues: readonly QueueSpec[]
  onState: OnLinkState
  /** Instead of CONFIRM_TIMEOUT_MS; tests are less patient. */
  confirmTimeoutMs?: number
}

/** Under an alarm the broker stops reading and no confirm ever comes. */
const CONFIRM_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 5_000

/** One confirm channel on a connection of its own, so that a consumer's backlog never delays a publish. */
export async function openPublisher(settings: PublisherSettings): Promise<Publisher> {
  let channel: ConfirmChannel | undefined
  let writable = true
  const awaiting = new Set<string>()
  const returned = new Set<string>()

  const setUp = async (connection: ChannelModel) => {
    const fresh = await connection.createConfirmChannel()
    fresh.on('error', () => {})
    fresh.on('return', (message: Message) => {
      const messageId = String(message.properties.messageId)
      if (awaiting.has(messageId)) returned.add(messageId)
    })
    fresh.on('drain', () => (writable = true))
    // In front of amqplib's own listener, which calls the unconfirmed back: they are lost then, and not refused.
    fresh.prependListener('close', () => {
      if (channel !== fresh) return
      channel = undefined
      link.renew()
    })
    await declareQueues(fresh, settings.queues)
    writable = true
    channel = fresh
  }
  const link: Link = await openLink({
    url: settings.url,
    name: settings.name,
    setUp,
    onState: settings.onState,
  })

  const publish = (queue: string, body: Buffer): Promise<PublishResult> => {
    const open = channel
    if (!open) return Promise.resolve('lost')
    const messageId = randomUUID()
    awaiting.add(messageId)
    return new Promise((resolve) => {
      const timer = setTimeout(() => end('lost'), settings.confirmTimeoutMs ?? CONFIRM_TIMEOUT_MS)
      const end = (result: PublishResult) => {
        clearTimeout(timer)
        awaiting.delete(messageId)
        returned.delete(messageId)
        resolve(result)
      }
      const onConfirm = (error: unknown) => {
        // A return precedes the confirm of the same message.
        if (returned.has(messageId)) end('returned')
        else if (!error) end('confirmed')
        else end(channel === open ? 'refused' : 'lost')
      }
      try {
        const options = { persistent: true, mandatory: true, messageId, contentType: 'application/json' }
        writable = open.sendToQueue(queue, body, options, onConfirm) && writable
      } catch {
        end('lost')
      }
    })
  }

  return {
    isReady: () => link.state() === 'up' && channel !== undefined && writable,
    readyMessages: (queue) => countReady(channel, queue),
    publish,
    close: () => link.close(),
  }
}

async function countReady(channel: ConfirmChannel | undefined, queue: string): Promise<number> {
  if (!channel) throw new Error('the broker is away')
  return (await withTimeout(ANSWER_TIMEOUT_MS, 'looking at a queue', channel.checkQueue(queue))).messageCount
}
