import type { ConfirmChannel } from 'amqplib'
import { withTimeout } from '../withTimeout.ts'
import { openConfirms } from './confirms.ts'
import type { Confirms, WaitOptions, PublishOptions, PublishResult } from './confirms.ts'
import { leaveWhenSilent } from './leaveSilent.ts'
import { openLink } from './link.ts'
import type { LinkSettings, OnLinkState } from './link.ts'
import { declareQueues } from './topology.ts'
import type { QueueSpec } from './topology.ts'

export interface Publisher {
  /** Whether a publish can succeed now: connected, not blocked, answering, and the socket takes more. */
  isReady(): boolean
  /** @returns how many messages of a queue are ready, without those delivered to consumers. */
  readyMessages(queue: string): Promise<number>
  /** Persistent and mandatory; never rejects. Waits CONFIRM_TIMEOUT_MS for the answer, unless a time-out is given. */
  publish(queue: string, body: Buffer, options?: PublishOptions, wait?: WaitOptions): Promise<PublishResult>
  close(): Promise<void>
}

export interface OpenedPublisher extends Publisher {
  /** Declares the queues again, in case one was deleted. */
  declare(): Promise<void>
}

export interface PublisherSettings {
  url: string
  name: string
  queues: readonly QueueSpec[]
  onState: OnLinkState
  /** Replaces CONFIRM_TIMEOUT_MS and SILENT_MAX_MS in tests. */
  confirmTimeoutMs?: number
  silentMaxMs?: number
  /** How long a silent node is kept when there are others; replaces the default in tests. */
  leaveAfterMs?: number
}

/** Under an alarm the broker stops reading and no confirm ever comes. */
const CONFIRM_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 5_000
/** A broker that is silent for this long is not ready. Heartbeats detect a frozen broker only after 16 s. */
const SILENT_MAX_MS = 5_000

interface Opened {
  channel: ConfirmChannel
  confirms: Confirms
  /** Gives up its connection; another one follows. */
  leave: (reason: string) => void
}

/**
 * One confirm channel on a connection of its own, so that a consumer's backlog never delays a publish.
 * @throws StartupFault when the broker refuses the login; an unreachable one is waited for in the background.
 */
export async function openPublisher(settings: PublisherSettings): Promise<OpenedPublisher> {
  const { queues, confirmTimeoutMs = CONFIRM_TIMEOUT_MS, silentMaxMs = SILENT_MAX_MS } = settings
  let opened: Opened | undefined

  const setUp: LinkSettings['setUp'] = async (connection, renew, leave) => {
    const channel = await connection.createConfirmChannel()
    let reason = 'the channel was closed'
    channel.on('error', (error: Error) => (reason = error.message))
    channel.on('close', () => {
      if (opened?.channel !== channel) return
      opened = undefined
      renew(reason)
    })
    const confirms = openConfirms(channel)
    await declareQueues(channel, queues)
    opened = { channel, confirms, leave }
  }
  const link = await openLink({ ...settings, setUp })
  const endWatch = leaveWhenSilent(settings.url, {
    // Under an alarm it says that it is blocked, as every other node does.
    silentMs: () => (link.state() === 'up' ? (opened?.confirms.silentMs() ?? 0) : 0),
    leave: (reason) => opened?.leave(reason),
    ...(settings.leaveAfterMs !== undefined && { silentMaxMs: settings.leaveAfterMs }),
  })

  const isAnswering = ({ confirms }: Opened) => confirms.isWritable() && confirms.silentMs() < silentMaxMs
  const present = (): Opened => {
    if (!opened) throw new Error('RabbitMQ is unavailable')
    return opened
  }
  return {
    isReady: () => link.state() === 'up' && opened !== undefined && isAnswering(opened),
    async readyMessages(queue) {
      const { channel, confirms } = present()
      const question = confirms.ask(channel.checkQueue(queue))
      return (await withTimeout(ANSWER_TIMEOUT_MS, 'counting the messages of a queue', question)).messageCount
    },
    publish: (queue, body, options = {}, wait = { timeoutMs: confirmTimeoutMs }) =>
      opened
        ? opened.confirms.publish(queue, body, { contentType: 'application/json', ...options }, wait)
        : Promise.resolve('lost'),
    async declare() {
      const { channel, confirms } = present()
      const question = confirms.ask(declareQueues(channel, queues))
      await withTimeout(ANSWER_TIMEOUT_MS, 'declaring the queues', question)
    },
    close: () => {
      endWatch()
      return link.close()
    },
  }
}
