import { Agent, request } from 'undici'
import type { Dispatcher } from 'undici'
import { BlockedAddress, guardedConnector } from './connector.ts'
import type { Resolve } from './connector.ts'
import { readRetryAfter } from './retryAfter.ts'

/** `stopped`: this process ended first, so that nothing is known and nothing counts. */
export const RESULTS = [
  'delivered',
  'refused',
  'timeout',
  'unreachable',
  'blocked',
  'too_long',
  'stopped',
] as const
export type Result = (typeof RESULTS)[number]

/** The result of one attempt. */
export interface Answer {
  result: Result
  status: number | null
  /** In a word or a few; null when it was delivered. */
  error: string | null
  /** The beginning of the answer's body. */
  text: string | null
  durationMs: number
  /** What the answer asks to wait. */
  retryAfterMs: number | null
}

export interface Post {
  url: string
  headers: Record<string, string>
  body: string
}

/** From the look-up of the name to the last byte of the answer. */
export const TIMEOUT_MS = 30_000
/** Only the beginning is kept; an answer that goes on is cut. */
const ANSWER_BYTES_MAX = 65_536
const KEPT_CHARS_MAX = 1_000
const CONNECTIONS_MAX = 4

/** The connections of one endpoint's turn: none outlives it. */
export interface Sender {
  post(post: Post): Promise<Answer>
  close(): Promise<void>
}

export interface SenderOptions {
  allowsPrivate: boolean
  resolve?: Resolve
  /** Replaces TIMEOUT_MS in tests. */
  timeoutMs?: number
  nowMs?: () => number
}

export function openSender({
  allowsPrivate,
  resolve,
  timeoutMs = TIMEOUT_MS,
  nowMs = Date.now,
}: SenderOptions): Sender {
  const agent = new Agent({
    connect: guardedConnector({ allowsPrivate, ...(resolve ? { resolve } : {}) }),
    ...{ connections: CONNECTIONS_MAX, headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
  })
  let isClosed = false
  return {
    async post(post) {
      const answer = await bounded(timeoutMs, (signal) => exchange(agent, post, signal), nowMs)
      return isClosed && answer.result === 'unreachable' ? { ...answer, result: 'stopped' } : answer
    },
    close() {
      isClosed = true
      return agent.destroy()
    },
  }
}

type Known = Omit<Answer, 'durationMs'>

/** The timer ends the wait by itself: a signal is obeyed only when the request has its connection. */
async function bounded(
  timeoutMs: number,
  run: (signal: AbortSignal) => Promise<Omit<Known, 'retryAfterMs'> & { retryAfter?: string | undefined }>,
  nowMs: () => number,
): Promise<Answer> {
  const startedAtMs = performance.now()
  const aborting = new AbortController()
  const late = Promise.withResolvers<Omit<Known, 'retryAfterMs'>>()
  const timer = setTimeout(() => {
    late.resolve({ result: 'timeout', status: null, error: 'no whole answer in time', text: null })
    aborting.abort()
  }, timeoutMs)
  const answer: Omit<Known, 'retryAfterMs'> & { retryAfter?: string | undefined } = await Promise.race([
    run(aborting.signal),
    late.promise,
  ])
  clearTimeout(timer)
  const { retryAfter, ...known } = answer
  const durationMs = Math.round(performance.now() - startedAtMs)
  return { ...known, durationMs, retryAfterMs: readRetryAfter(retryAfter, nowMs()) }
}

/** One POST, once, which follows no redirect and never rejects. */
async function exchange(agent: Dispatcher, { url, headers, body }: Post, signal: AbortSignal) {
  let status: number | null = null
  try {
    const answered = await request(url, {
      ...{ dispatcher: agent, method: 'POST', body, signal },
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'Chapar-Webhooks' },
    })
    status = answered.statusCode
    const text = await readText(answered.body)
    if (text === undefined) {
      answered.body.destroy()
      return { result: 'too_long' as const, status, error: 'the answer is too long', text: null }
    }
    const retryAfter = answered.headers['retry-after']
    const isDelivered = status >= 200 && status < 300
    return {
      ...{ result: isDelivered ? ('delivered' as const) : ('refused' as const), status, text },
      error: isDelivered ? null : `HTTP ${status}`,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    }
  } catch (error) {
    return { ...explain(error as Error & { code?: unknown }), status, text: null }
  }
}

/** @returns undefined for an answer that is too long. */
async function readText(body: Dispatcher.ResponseData['body']): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  // Some databases' text has no NUL, and half a pair is no character.
  return [...text.slice(0, KEPT_CHARS_MAX).toWellFormed().replaceAll('\0', '')]
    .slice(0, KEPT_CHARS_MAX)
    .join('')
}

function explain(error: Error & { code?: unknown }): Pick<Answer, 'result' | 'error'> {
  if (error instanceof BlockedAddress) return { result: 'blocked', error: error.message }
  return { result: 'unreachable', error: typeof error.code === 'string' ? error.code : error.name }
}
