import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib'
import { withTimeout } from '../withTimeout.ts'
import { askMajority } from './askMajority.ts'
import { openDeadLetters } from './deadLetters.ts'
import type { DeadLetters } from './deadLetters.ts'
import { leaveWhenSilent } from './leaveSilent.ts'
import { openLink } from './link.ts'
import type { LinkSettings, OnLinkState } from './link.ts'
import { declareQueues } from './topology.ts'
import type { QueueSpec } from './topology.ts'

/** One message in flight. Unless it is acknowledged or dead-lettered, the broker redelivers it. */
export interface Delivery {
  body: Buffer
  headers: Record<string, unknown>
  redelivered: boolean
  ack(): void
  /**
   * Stores a copy with the reason in the dead-letter queue for inspection, then acknowledges it; never rejects.
   * Resolves without either when the subscription stops or its link is lost first.
   */
  deadLetter(reason: string): Promise<void>
}

export interface Subscription {
  isUp(): boolean
  /** Takes no further message. Messages in flight can still be acknowledged. */
  stop(): Promise<void>
  close(): Promise<void>
}

export interface SubscriptionSettings {
  url: string
  name: string
  queue: string
  deadLetterQueue: string
  queues: readonly QueueSpec[]
  /** How many messages may be in flight at once. */
  prefetch: number
  onDelivery: (delivery: Delivery) => void
  onState: OnLinkState
  /** Replace ASK_MS and how long a silent node is kept, in tests. */
  askMs?: number
  leaveAfterMs?: number
}

/** With several nodes: how often its own one has to show that it is with the majority. */
const ASK_MS = 5_000
/** After this time the wait for the broker ends. The broker redelivers what it did not acknowledge. */
const CLOSE_TIMEOUT_MS = 2_000

interface Opened {
  channel: Channel
  /** Aborted when the channel is closed or the subscription stops: every wait for the broker ends. */
  ending: AbortSignal
}

/** @throws StartupFault when the broker refuses the login; an unreachable one is waited for in the background. */
export async function openSubscription(settings: SubscriptionSettings): Promise<Subscription> {
  let channel: Channel | undefined
  let connection: ChannelModel | undefined
  let consumerTag: string | undefined
  const stopping = new AbortController()
  const isStopped = () => stopping.signal.aborted
  let leavePresent: ((reason: string) => void) | undefined
  /** Since when the node owes an answer. */
  let askedAtMs: number | undefined
  const deadLetters = openDeadLetters({ ...settings, name: `${settings.name} dead letters` })

  const setUp: LinkSettings['setUp'] = async (opened, renew, leave) => {
    const fresh = await opened.createChannel()
    const closing = new AbortController()
    let reason = 'the channel was closed'
    fresh.on('error', (error: Error) => (reason = error.message))
    fresh.on('close', () => {
      closing.abort()
      if (channel !== fresh) return
      channel = undefined
      if (!isStopped()) renew(reason)
    })
    await declareQueues(fresh, settings.queues)
    await fresh.prefetch(settings.prefetch)
    channel = fresh
    connection = opened
    leavePresent = leave
    askedAtMs = undefined
    if (isStopped()) return
    const ending = AbortSignal.any([closing.signal, stopping.signal])
    const onMessage = (message: ConsumeMessage | null) => {
      // null: the broker cancelled the consumer, as when its queue was deleted or it was too slow.
      if (message) settings.onDelivery(toDelivery({ channel: fresh, ending }, message, settings, deadLetters))
      else if (!isStopped()) renew('the broker cancelled the consumer')
    }
    consumerTag = (await fresh.consume(settings.queue, onMessage)).consumerTag
    // Stopped while the broker was being asked: stop() had no consumer to cancel yet.
    if (isStopped()) await fresh.cancel(consumerTag)
  }
  const link = await openLink({ ...settings, setUp })
  const ask = async () => {
    const asked = channel && connection
    if (!asked || askedAtMs !== undefined) return
    askedAtMs = performance.now()
    // The end of the connection ends the wait as well, and another one has been asked nothing yet.
    await askMajority(asked)
    if (connection === asked) askedAtMs = undefined
  }
  const endWatch = leaveWhenSilent(settings.url, {
    silentMs: () => (askedAtMs === undefined ? 0 : performance.now() - askedAtMs),
    leave: (reason) => leavePresent?.(reason),
    ask: { work: ask, everyMs: settings.askMs ?? ASK_MS },
    ...(settings.leaveAfterMs !== undefined && { silentMaxMs: settings.leaveAfterMs }),
  })

  const stop = async () => {
    stopping.abort()
    if (channel && consumerTag !== undefined) await answered(channel.cancel(consumerTag))
  }
  const close = async () => {
    endWatch()
    stopping.abort()
    // The end of a connection overtakes the latest acknowledgements of its channels; that of a channel does not.
    if (channel) await answered(channel.close())
    await Promise.all([link.close(), deadLetters.close()])
  }
  return { isUp: () => link.state() === 'up' && channel !== undefined, stop, close }
}

/** Waits for the broker's answer, bounded by the time-out. */
async function answered(work: Promise<unknown>): Promise<void> {
  await withTimeout(CLOSE_TIMEOUT_MS, 'the broker', work).catch(() => {})
}

function toDelivery(
  { channel, ending }: Opened,
  message: ConsumeMessage,
  { queue }: SubscriptionSettings,
  deadLetters: DeadLetters,
): Delivery {
  const headers = (message.properties.headers ?? {}) as Record<string, unknown>
  // A closed channel never answers; the broker redelivers its messages.
  const ack = () => {
    try {
      channel.ack(message)
    } catch {
      // amqplib throws on a closed channel
    }
  }
  return {
    body: message.content,
    headers,
    redelivered: message.fields.redelivered,
    ack,
    async deadLetter(reason) {
      if (await deadLetters.put({ body: message.content, headers, queue, reason }, ending)) ack()
    },
  }
}
