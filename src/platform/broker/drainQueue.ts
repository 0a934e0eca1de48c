import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import { readBrokerAddresses } from './address.ts'
import { openConfirms } from './confirms.ts'
import type { Confirms, PublishResult } from './confirms.ts'

/** A message delivered to this consumer only. Unless it is removed or moved, it keeps its place in the queue. */
export interface DrainedMessage {
  body: Buffer
  headers: Record<string, unknown>
  /** When it was published to this queue, in whole seconds, if its publisher set the time. */
  putAt: Date | undefined
  remove(): Promise<void>
  /**
   * Publishes it to another queue without its dead-letter headers, and removes it here once that is confirmed; a crash
   * in between leaves it in both. With any other result it stays here, and with `lost` it may be in the other queue
   * too.
   */
  moveTo(queue: string): Promise<'moved' | Exclude<PublishResult, 'confirmed'>>
}

export interface DrainSettings {
  url: string
  /** Shown in the broker's management page. */
  name: string
  queue: string
  /** The prefetch: messages in flight at once. */
  messagesMax: number
}

const CONNECT_TIMEOUT_MS = 5_000
const CONFIRM_TIMEOUT_MS = 5_000
/** How long to wait for a counted message. After it, another consumer must have taken it. */
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
 * Consumes the present messages of a queue in order, calls `work` with them, and requeues what `work` left. A single
 * consumer takes them all, because the broker keeps the order only of messages requeued by one consumer.
 * @throws Error when there is no such queue or the broker is unavailable.
 */
export async function drainQueue<T>(
  settings: DrainSettings,
  work: (messages: DrainedMessage[]) => Promise<T>,
): Promise<T> {
  const connection = await connectToOne(settings)
  // The operation in flight rejects with the same error.
  connection.on('error', () => {})
  try {
    const channel = await openChannel(connection)
    const messages = await takeAll(channel, settings)
    const removal = openRemoval(channel, settings.queue)
    const confirms = openConfirms(channel)
    const result = await work(messages.map((message) => toDrained(message, removal, confirms)))
    await removal.settle()
    // Closing the channel requeues the rest.
    await channel.close()
    await untilBack(connection, settings.queue, messages.length - removal.count())
    return result
  } finally {
    await connection.close().catch(() => {})
  }
}

/** Tries the nodes in turn. @throws what the last one said. */
async function connectToOne({ url, name }: DrainSettings): Promise<ChannelModel> {
  const { nodes, socketOptions } = readBrokerAddresses(url)
  let fault: unknown
  for (const node of nodes) {
    try {
      return await connect(node, {
        ...socketOptions,
        timeout: CONNECT_TIMEOUT_MS,
        // Small frames are sent immediately; Nagle's algorithm would delay each by 40 ms.
        noDelay: true,
        clientProperties: { connection_name: name },
      })
    } catch (error) {
      fault = error
    }
  }
  throw fault
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
      // Messages beyond the count are requeued with the rest.
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

/** The broker requeues shortly after the close. The next reader must see every message. */
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
  // The queue processes this request after the earlier acknowledgements. A message that it fetches is requeued at the
  // end.
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
      const wait = { timeoutMs: CONFIRM_TIMEOUT_MS }
      const result = await confirms.publish(queue, message.content, { contentType }, wait)
      if (result !== 'confirmed') return result
      await removal.remove(message)
      return 'moved'
    },
  }
}
