import { createHash } from 'node:crypto'
import { CAME_FROM_HEADER, REASON_HEADER } from '../../platform/broker/index.ts'
import { drainQueue } from '../../platform/broker/drainQueue.ts'
import type { DrainedMessage } from '../../platform/broker/drainQueue.ts'
import { maskNumbersIn } from '../../primitives/privacy.ts'
import type { ClassQueues } from '../topology.ts'
import { outline } from './outline.ts'

/** A queue message that could not be parsed. Neither a text nor a telephone number in it is shown. */
export interface DeadLetter {
  /** A hash of the body: the same in every listing, and equal for equal bodies. */
  id: string
  /** The queue that it came from and goes back to. */
  queue: string
  reason: string
  /** Undefined when its publisher set no time. */
  putAt: Date | undefined
  bytes: number
  outline: string
}

export interface DeadLetterQuery extends ClassQueues {
  url: string
  /** Only these; all when empty. */
  ids: ReadonlySet<string>
}

/**
 * The result for one dead letter. It remains after `returned` (no such queue), `refused` (the queue is full) and `lost`
 * (no answer in time; it may also be in its queue).
 */
export type Handled = DeadLetter & { result: 'moved' | 'returned' | 'refused' | 'lost' | 'dropped' }

/** Twelve hexadecimal digits: two of ten thousand different bodies share them once in five million queues. */
const ID_CHARS = 12
const REASON_CHARS_MAX = 120
/** The limit of the queue, because the order is kept only when one consumer takes all messages. */
const DRAINED_MAX = 10_000

/** Lists the dead letters of one class, oldest first, and leaves them where they are. */
export function listDeadLetters(query: DeadLetterQuery): Promise<DeadLetter[]> {
  return drain(query, (chosen) => Promise.resolve(chosen.map(({ letter }) => letter)))
}

/**
 * Publishes dead letters back to the queue they came from, for when a fault of the program made them unreadable; what
 * still is becomes a new dead letter. Replaying work that was done meanwhile changes nothing.
 */
export function replayDeadLetters(query: DeadLetterQuery): Promise<Handled[]> {
  return drain(query, async (chosen) => {
    const handled: Handled[] = []
    // Sequential publishing keeps the order and does not flood a full queue.
    for (const { letter, message } of chosen)
      handled.push({ ...letter, result: await message.moveTo(letter.queue) })
    return handled
  })
}

/** Removes dead letters. No recipient is lost: each unfinished one is referenced by an outbox row (invariant 4). */
export function dropDeadLetters(query: DeadLetterQuery): Promise<Handled[]> {
  return drain(query, async (chosen) => {
    for (const { message } of chosen) await message.remove()
    return chosen.map(({ letter }) => ({ ...letter, result: 'dropped' as const }))
  })
}

interface Chosen {
  letter: DeadLetter
  message: DrainedMessage
}

function drain<T>(
  { url, queue, deadLetterQueue, ids }: DeadLetterQuery,
  work: (chosen: Chosen[]) => Promise<T>,
): Promise<T> {
  const settings = { url, name: 'chapar dead letters', queue: deadLetterQueue, messagesMax: DRAINED_MAX }
  return drainQueue(settings, (messages) => {
    const all = messages.map((message) => ({ letter: toDeadLetter(message, queue), message }))
    return work(all.filter(({ letter }) => ids.size === 0 || ids.has(letter.id)))
  })
}

function toDeadLetter({ body, headers, putAt }: DrainedMessage, queue: string): DeadLetter {
  const cameFrom = headers[CAME_FROM_HEADER]
  const death = lastDeath(headers)
  return {
    id: createHash('sha256').update(body).digest('hex').slice(0, ID_CHARS),
    queue: typeof cameFrom === 'string' ? cameFrom : queue,
    reason: printable(headers[REASON_HEADER] ?? death?.reason ?? 'none given'),
    putAt: putAt ?? death?.at,
    bytes: body.length,
    outline: outline(body),
  }
}

/** The broker's own header for a message that it dead-letters. */
function lastDeath(headers: Record<string, unknown>): { reason: string; at: Date | undefined } | undefined {
  const deaths = headers['x-death']
  if (!Array.isArray(deaths) || deaths.length === 0) return undefined
  const { reason, time } = deaths[0] as { reason?: unknown; time?: { value?: unknown } }
  const seconds = time?.value
  return {
    reason: `dead-lettered by the broker: ${String(reason)}`,
    at: typeof seconds === 'number' ? new Date(seconds * 1_000) : undefined,
  }
}

/** Any client may have written it, so control characters must not reach the terminal. */
function printable(value: unknown): string {
  return maskNumbersIn(String(value).replaceAll(/[^\x20-\x7e]/g, '?')).slice(0, REASON_CHARS_MAX)
}
