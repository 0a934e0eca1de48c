import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'amqplib'
import type { ChannelModel, ConfirmChannel, ConsumeMessage, Message } from 'amqplib'

/** A message of a queue in hand: nobody else gets it meanwhile. Whatever is not removed or moved stays in its place. */
export interface DrainedMessage {
  body: Buffer
  headers: Record<string, unknown>
  /** When it was put into this queue, where its publisher said so; to the second. */
  putAt: Date | undefined
  remove(): Promise<void>
  /**
   * Publishes it to another queue as it first was, without the headers that tell of its fate, and removes it here once
   * that is confirmed. A crash in between leaves it in both. `returned`: there is no such queue. `refused`: the queue
   * is full, or the broker did not answer in time. After both it stays here.
   */
  moveTo(queue: string): Promise<'moved' | 'returned' | 'refused'>
}

export interface DrainSettings {
  url: string
  /** Shown in the broker's management page. */
  name: string
  queue: string
  /** Messages held at once. */
  messagesMax: number
}

const CONNECT_TIMEOUT_MS = 5_000
const CONFIRM_TIMEOUT_MS = 5_000
/** The broker counted messages that then did not come: somebody else took them, and the rest is worked on. */
const SILENCE_MAX_MS = 5_000
const LOOK_MS = 10
/**
 * Of more than 32 acknowledgements under way the broker keeps the rest in the channel, and forgets them when that is
 * closed (measured with 4.3: the last 4 of 38 messages came back).
 */
const ACKS_UNDER_WAY_MAX = 16
/** What the protocol's prefetch can say. */
const HELD_MAX = 65_535
const NOT_FOUND = 404

/**
 * Takes what is in a queue, in its order, calls `work` with it, and gives back what `work` left. One consumer takes it
 * all, because the broker gives back in order what one consumer held, and what was fetched one by one in any order.
 * @throws Error when there is no such queue or the broker is away.
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
  // What it means reaches whoever awaits something of this connection.
  connection.on('error', () => {})
  try {
    const channel = await openChannel(connection)
    const messages = await takeAll(channel, settings)
    const removal = openRemoval(channel, settings.queue)
    const result = await work(messages.map((message) => toHeld(channel, message, removal)))
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
  const count = Math.min(await countMessages(channel, queue), messagesMax, HELD_MAX)
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
      // What arrives from now on is not asked for, and goes back with the rest.
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

/** The queue learns of the closing a moment later; whoever looks next is to see all of it. */
async function untilBack(connection: ChannelModel, queue: string, count: number): Promise<void> {
  if (count === 0) return
  const channel = await openChannel(connection)
  const endsAtMs = performance.now() + SILENCE_MAX_MS
  while ((await countMessages(channel, queue)) < count && performance.now() < endsAtMs) await pause(LOOK_MS)
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
      if (++count % ACKS_UNDER_WAY_MAX === 0) await settle()
    },
    settle,
    count: () => count,
  }
}

function toHeld(channel: ConfirmChannel, message: ConsumeMessage, removal: Removal): DrainedMessage {
  const { headers = {}, timestamp } = message.properties as { headers?: object; timestamp?: unknown }
  return {
    body: message.content,
    headers: headers as Record<string, unknown>,
    putAt: typeof timestamp === 'number' && timestamp > 0 ? new Date(timestamp * 1_000) : undefined,
    remove: () => removal.remove(message),
    async moveTo(queue) {
      const result = await publish(channel, queue, message)
      if (result === 'moved') await removal.remove(message)
      return result
    },
  }
}

function publish(
  channel: ConfirmChannel,
  queue: string,
  { content, properties }: ConsumeMessage,
): Promise<'moved' | 'returned' | 'refused'> {
  const messageId = randomUUID()
  const contentType = (properties.contentType as string | undefined) ?? 'application/json'
  return new Promise((resolve) => {
    let returned = false
    // A return precedes the confirm of the same message.
    const onReturn = (message: Message) => (returned ||= message.properties.messageId === messageId)
    const end = (result: 'moved' | 'returned' | 'refused') => {
      clearTimeout(timer)
      channel.off('return', onReturn)
      resolve(result)
    }
    const timer = setTimeout(() => end('refused'), CONFIRM_TIMEOUT_MS)
    channel.on('return', onReturn)
    const options = { persistent: true, mandatory: true, messageId, contentType }
    channel.sendToQueue(queue, content, options, (error: unknown) => {
      end(error ? 'refused' : returned ? 'returned' : 'moved')
    })
  })
}
