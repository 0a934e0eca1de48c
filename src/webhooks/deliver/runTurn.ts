import type { Answer, Sender } from '../send/post.ts'
import { sign } from '../send/sign.ts'
import type { ClaimedEndpoint } from './claimEndpoints.ts'
import { postTraced } from './postTraced.ts'
import type { Task, Tasks } from './readTasks.ts'

export interface Attempt {
  task: Task
  answer: Answer
}

/** What a turn did, in the order in which the answers came. */
export interface Turn {
  attempts: Attempt[]
  /** Up to here every event of the log was sent, or is not wanted. */
  position: number
}

/** No delivery begins later in a turn, so that other endpoints get theirs. */
const TURN_MS = 5_000
/** In flight at an endpoint that answers, and at one that is slow or fails. */
const IN_FLIGHT_MAX = 4
const IN_FLIGHT_MAX_SLOW = 1
/** How long a process that ends waits for answers. */
const STOP_AFTER_MS = 3_000

export interface TurnContext {
  sender: Sender
  /** The time of the database, for the time stamp that is signed. */
  nowMs: () => number
  stopping: AbortSignal
}

/**
 * Sends what an endpoint has to get, due deliveries first; after a failure it begins nothing, and the rest waits for
 * the next turn. What was begun is waited for, so that the position passes only events that were sent.
 */
export async function runTurn(
  endpoint: ClaimedEndpoint,
  { due, fresh, readUpTo }: Tasks,
  { sender, nowMs, stopping }: TurnContext,
): Promise<Turn> {
  const startedAtMs = performance.now()
  const queue = [...due, ...fresh]
  const attempts: Attempt[] = []
  let begun = 0
  let hasFailed = false
  const mayBegin = () =>
    !hasFailed && !stopping.aborted && begun < queue.length && performance.now() - startedAtMs < TURN_MS

  async function work(): Promise<void> {
    while (mayBegin()) {
      const task = queue[begun++]
      if (!task) return
      const answer = await send(sender, endpoint, task, nowMs())
      hasFailed ||= answer.result !== 'delivered'
      attempts.push({ task, answer })
    }
  }

  const isWell = endpoint.failures === 0 && !endpoint.isSlow
  const workers = isWell ? IN_FLIGHT_MAX : IN_FLIGHT_MAX_SLOW
  const end = closeAfterStop(sender, stopping)
  await Promise.all(Array.from({ length: workers }, work)).finally(end)
  const known = attempts.filter(({ answer }) => answer.result !== 'stopped')
  const sent = new Set(known.map(({ task }) => task))
  const next = fresh.find((task) => !sent.has(task))
  return { attempts: known, position: next?.seq ? next.seq - 1 : readUpTo }
}

function closeAfterStop(sender: Sender, stopping: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined
  const close = () => (timer = setTimeout(() => void sender.close(), STOP_AFTER_MS))
  stopping.addEventListener('abort', close, { once: true })
  return () => {
    clearTimeout(timer)
    stopping.removeEventListener('abort', close)
  }
}

function send(sender: Sender, { secrets }: ClaimedEndpoint, task: Task, nowMs: number): Promise<Answer> {
  const { url, body, eventId } = task
  const headers = sign(secrets, { id: eventId, timestampSeconds: Math.floor(nowMs / 1_000), body })
  return postTraced(task, (ofTrace) => sender.post({ url, body, headers: { ...headers, ...ofTrace } }))
}
