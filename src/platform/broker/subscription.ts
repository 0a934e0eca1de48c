import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import { withTimeout } from '../withTimeout.ts'
import { openLink } from './link.ts'
import type { Link, OnLinkState } from './link.ts'
import { declareQueues } from './topology.ts'
import type { QueueSpec } from './topology.ts'

/** One message in hand. Whoever got it acknowledges it or puts it aside; unanswered, the broker delivers it again. */
export interface Delivery {
  body: Buffer
  redelivered: boolean
  ack(): void
  /** Moves it to the dead-letter queue with the reason, for people to look at. */
  deadLetter(reason: string): Promise<void>
}

export interface Subscription {
  isUp(): boolean
  /** Takes nothing more; what is in hand can still be answered. */
  stop(): Promise<void>
  close(): Promise<void>
}

export interface SubscriptionSettings {
  url: string
  name: string
  queue: string
  deadLetterQueue: string
  queues: readonly QueueSpec[]
  /** How many messages may be in hand at once. */
  prefetch: number
  onDelivery: (delivery: Delivery) => void
  onState: OnLinkState
}

/** A broker that does not answer is left; what it did not read of us it delivers again. */
const CLOSE_TIMEOUT_MS = 2_000

/** Under an alarm the broker confirms nothing. */
const SET_ASIDE_TIMEOUT_MS = 5_000

export const REASON_HEADER = 'x-chapar-reason'
export const CAME_FROM_HEADER = 'x-chapar-queue'

export async function openSubscription(settings: SubscriptionSettings): Promise<Subscription> {
  let channel: ConfirmChannel | undefined
  let consumerTag: string | undefined
  let stopped = false
  const isStopped = () => stopped

  const setUp = async (connection: ChannelModel) => {
    const fresh = await connection.createConfirmChannel()
    fresh.on('error', () => {})
    fresh.on('close', () => {
      if (channel !== fresh) return
      channel = undefined
      if (!stopped) link.renew()
    })
    await declareQueues(fresh, settings.queues)
    await fresh.prefetch(settings.prefetch)
    channel = fresh
    if (stopped) return
    const onMessage = (message: ConsumeMessage | null) => {
      // null: the broker cancelled the consumer, as when its queue was deleted or it was too slow.
      if (message) settings.onDelivery(toDelivery(fresh, message, settings))
      else if (!stopped) link.renew()
    }
    consumerTag = (await fresh.consume(settings.queue, onMessage)).consumerTag
    // Stopped while the broker was being asked: stop() had no consumer to cancel yet.
    if (isStopped()) await fresh.cancel(consumerTag)
  }
  const link: Link = await openLink({
    url: settings.url,
    name: settings.name,
    setUp,
    onState: settings.onState,
  })

  const stop = async () => {
    stopped = true
    if (channel && consumerTag !== undefined) await answered(channel.cancel(consumerTag))
  }
  const close = async () => {
    stopped = true
    // The end of a connection overtakes the latest acknowledgements of its channels; that of a channel does not.
    if (channel) await answered(channel.close())
    await link.close()
  }
  return { isUp: () => link.state() === 'up' && channel !== undefined, stop, close }
}

/** Waits for the broker's answer, whatever it is, but no longer than it may take. */
async function answered(work: Promise<unknown>): Promise<void> {
  await withTimeout(CLOSE_TIMEOUT_MS, 'the broker', work).catch(() => {})
}

function toDelivery(
  channel: ConfirmChannel,
  message: ConsumeMessage,
  settings: SubscriptionSettings,
): Delivery {
  // A channel that is closed answers nothing and need not: its messages are delivered again.
  const unlessClosed = (answer: () => void) => {
    try {
      answer()
    } catch {
      // amqplib throws on a closed channel
    }
  }
  return {
    body: message.content,
    redelivered: message.fields.redelivered,
    ack: () => unlessClosed(() => channel.ack(message)),
    deadLetter: async (reason) => {
      try {
        await withTimeout(
          SET_ASIDE_TIMEOUT_MS,
          'setting a message aside',
          setAside(channel, message, settings, reason),
        )
        channel.ack(message)
      } catch {
        // Without its reason it still goes there, by the queue's own dead-letter rule.
        unlessClosed(() => channel.nack(message, false, false))
      }
    },
  }
}

/** The broker's own dead-lettering says only "rejected": a copy carries the reason, confirmed before the ack. */
function setAside(
  channel: ConfirmChannel,
  message: ConsumeMessage,
  settings: SubscriptionSettings,
  reason: string,
): Promise<void> {
  const headers = {
    ...message.properties.headers,
    [REASON_HEADER]: reason,
    [CAME_FROM_HEADER]: settings.queue,
  }
  return new Promise((resolve, reject) => {
    channel.sendToQueue(
      settings.deadLetterQueue,
      message.content,
      {
        persistent: true,
        headers,
        contentType: 'application/json',
        timestamp: Math.floor(Date.now() / 1_000),
      },
      (error: unknown) => {
        if (error) reject(new Error('the dead-letter queue did not take it', { cause: error }))
        else resolve()
      },
    )
  })
}
