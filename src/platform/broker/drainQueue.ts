import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import { openConfirms } from './confirms.ts'
import type { Confirms, PublishResult } from './confirms.ts'

/** A message that this consumer has, and no other meanwhile. What is not removed or moved stays in its place. */
export interface DrainedMessage {
  body: Buffer
  headers: Record<string, unknown>
  /** When it was put into this queue, where its publisher said so; to the second. */
  putAt: Date | undefined
  remove(): Promise<void>
  /**
   * Publishes it to another queue as it first was, without the headers that tell of its fate, and removes it here once
   * that is confirmed. A crash in between leaves it in both. With any other result it stays here, and with `lost` it
   * may be in the other queue too.
   */
  moveTo(queue: string): Promise<'moved' | Exclude<PublishResult, 'confirmed'>>
}

export interface DrainSettings {
  url: string
  /** Shown in the broker's management page. */
  name: string
  queue: string
  /** Messages taken at once. */
  messagesMax: number
}

const CONNECT_TIMEOUT_MS = 5_000
const CONFIRM_TIMEOUT_MS = 5_000
/** Messages that were counted and do not arrive were taken by another consumer; the others are worked on. */
const SILENCE_MAX_MS = 5_000
const POLL_MS = 10
/**
 * Of more than 32 acknowledgements in flight the broker keeps the rest in the channel, and forgets them when that is
 * closed (measured with 4.3: the last 4 of 38 messages came back).
 */
const ACKS_IN_FLIGHT_MAX = 16
/** The largest prefetch of the protocol. */
const PREFETCH_MAX = 65_535
const NOT_FOUND = 404

/**
 * Takes what is in a queue, in its order, calls `work` with it, and gives back what `work` left. One consumer takes it
 * all, because the broker gives back in order what one consumer had, and what was fetched one by one in any order.
 * @throws Error when there is no such queue or the broker is unavailable.
 */
export async function drainQueue<T>(
  settings: DrainSettings,
  work: (messages: DrainedMessage[]) => Promise<T>,
): Promise<T> {
  const connection = await connect(settings.url, {
    timeout: CONNECT_TIMEOUT_MS,
    // One small message after the other, each answered before the next: together they would wait 40 ms each time.
    noDelay: true,
    clientProperties: { connection_name: settings.name },
  })
  // The operation in flight rejects with the same error.
  connection.on('error', () => {})
  try {
    const channel = await openChannel(connection)
    const messages = await takeAll(channel, settings)
    const removal = openRemoval(channel, settings.queue)
    const confirms = openConfirms(channel)
    const result = await work(messages.map((message) => toDrained(message, removal, confirms)))
    await removal.settle()
    // Closing puts the rest back.
    await channel.close()
    await untilBack(connection, settings.queue, messages.length - removal.count())
    return result
  } finally {
    await connection.close().catch(() => {})
  }
}

async function openChannel(connection: ChannelModel): Promise<ConfirmChannel> {
  const channel = await connection.createConfirmChannel()
  channel.on('error', () => {})
  return channel
}

async function takeAll(
  channel: ConfirmChannel,
  { queue, messagesMax }: DrainSettings,
): Promise<ConsumeMessage[]> {
  const count = Math.min(await countMessages(channel, queue), messagesMax, PREFETCH_MAX)
  if (count === 0) return []
  await channel.prefetch(count)
  const taken: ConsumeMessage[] = []
  await new Promise<void>((resolve, reject) => {
    let timer = setTimeout(resolve, SILENCE_MAX_MS)
    const end = (error?: Error) => {
      clearTimeout(timer)
      if (error) reject(error)
      else resolve()
    }
    const onMessage = (message: ConsumeMessage | null) => {
      if (!message) return end(new Error(`the queue ${queue} was deleted`))
      // Anything beyond the count goes back with the rest.
      if (taken.length === count) return
      taken.push(message)
      if (taken.length === count) return end()
      clearTimeout(timer)
      timer = setTimeout(resolve, SILENCE_MAX_MS)
    }
    channel.once('close', () => end(new Error('the connection to the broker was lost')))
    channel.consume(queue, onMessage).catch(end)
  })
  return taken
}

/** The queue learns of the closing a moment later; the next reader is to see all of it. */
async function untilBack(connection: ChannelModel, queue: string, count: number): Promise<void> {
  if (count === 0) return
  const channel = await openChannel(connection)
  const endsAtMs = performance.now() + SILENCE_MAX_MS
  while ((await countMessages(channel, queue)) < count && performance.now() < endsAtMs) await pause(POLL_MS)
}

async function countMessages(channel: ConfirmChannel, queue: string): Promise<number> {
  try {
    return (await channel.checkQueue(queue)).messageCount
  } catch (error) {
    if ((error as { code?: number }).code !== NOT_FOUND) throw error
    throw new Error(`there is no queue ${queue} on this broker`, { cause: error })
  }
}

interface Removal {
  remove(message: ConsumeMessage): Promise<void>
  /** Resolves when the queue has taken every acknowledgement so far. */
  settle(): Promise<void>
  count(): number
}

function openRemoval(channel: ConfirmChannel, queue: string): Removal {
  let count = 0
  // The queue answers it in its turn, after the acknowledgements before it. What it may fetch goes back at the end.
  const settle = async () => void (await channel.get(queue))
  return {
    async remove(message) {
      channel.ack(message)
      if (++count % ACKS_IN_FLIGHT_MAX === 0) await settle()
    },
    settle,
    count: () => count,
  }
}

function toDrained(message: ConsumeMessage, removal: Removal, confirms: Confirms): DrainedMessage {
  const { headers = {}, timestamp } = message.properties as { headers?: object; timestamp?: unknown }
  return {
    body: message.content,
    headers: headers as Record<string, unknown>,
    putAt: typeof timestamp === 'number' && timestamp > 0 ? new Date(timestamp * 1_000) : undefined,
    remove: () => removal.remove(message),
    async moveTo(queue) {
      const contentType = (message.properties.contentType as string | undefined) ?? 'application/json'
      const patience = { timeoutMs: CONFIRM_TIMEOUT_MS }
      const result = await confirms.publish(queue, message.content, { contentType }, patience)
      if (result !== 'confirmed') return result
      await removal.remove(message)
      return 'moved'
    },
  }
}
