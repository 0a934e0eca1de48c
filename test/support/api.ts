import { setTimeout as wait } from 'node:timers/promises'

/** One answer of the API, read whole. */
export interface Answer<T> {
  status: number
  body: T
  headers: Headers
}

export interface Accepted {
  sms_identifier: string
  status: string
  recipients: number
  cost: number
}

export interface HistoryBody {
  history: {
    sms_identifier: string
    recipient: string
    type: string
    status: string
    provider: string
    user_id: number
    delivery_status: string | null
  }[]
  next_cursor: string | null
}

export interface BalanceBody {
  balance: number
  transactions: { transaction_id: string; amount: number; transaction_type: string; description: string }[]
  next_cursor: string | null
}

export async function post<T>(
  url: string,
  path: string,
  body: unknown,
  options: { signal?: AbortSignal } = {},
): Promise<Answer<T>> {
  const response = await fetch(url + path, {
    ...options,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as T, headers: response.headers }
}

export async function get<T>(url: string, path: string): Promise<Answer<T>> {
  const response = await fetch(url + path)
  return { status: response.status, body: (await response.json()) as T, headers: response.headers }
}

/** A request waits for two seconds before it is refused for that. */
const WAITED_MS_MIN = 1_000
const REPEATED_FOR_MS = 30_000
const REPEATED_EVERY_MS = 20

/**
 * Whether a request was refused because it waited too long, as on a machine that stood still: nothing was charged. An
 * account that was found locked so is known to be locked for a while, and then refused at once.
 */
export function waitedTooLong(code: unknown, tookMs: number): boolean {
  return code === 'account_locked' || (code === 'overloaded' && tookMs >= WAITED_MS_MIN)
}

/** Repeats a request that was refused only because it waited too long. @returns the answer that decided it. */
export async function untilDecided<A extends { body: unknown }>(request: () => Promise<A>): Promise<A> {
  return untilAnswered(
    request,
    ({ body }, tookMs) => !waitedTooLong((body as { code?: unknown }).code, tookMs),
  )
}

/** @returns the last answer, which is none where that never came. */
async function untilAnswered<A>(
  request: () => Promise<A>,
  isAnswer: (answer: A, tookMs: number) => boolean,
): Promise<A> {
  const deadlineMs = performance.now() + REPEATED_FOR_MS
  for (;;) {
    const startedMs = performance.now()
    const answer = await request()
    const endedMs = performance.now()
    if (isAnswer(answer, endedMs - startedMs) || endedMs > deadlineMs) return answer
    await wait(REPEATED_EVERY_MS)
  }
}

/** An answer whose body is a JSON object; `code` is that of a problem document. */
export interface Called {
  status: number
  code: string | undefined
  body: Record<string, unknown>
  text: string
  headers: Headers
}

interface CallOptions {
  key?: string
  body?: object
  headers?: Record<string, string>
}

/**
 * Any request, with a key or a body or neither, on a connection of its own. Repeated where the key could not be looked up
 * in time: nothing was done then.
 */
export function call(url: string, method: string, path: string, options: CallOptions = {}): Promise<Called> {
  return untilAnswered(
    () => callOnce(url, method, path, options),
    ({ code }) => code !== 'access_unavailable',
  )
}

async function callOnce(
  url: string,
  method: string,
  path: string,
  { key, body, headers = {} }: CallOptions,
): Promise<Called> {
  const response = await fetch(url + path, {
    method,
    headers: {
      connection: 'close',
      ...headers,
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const text = await response.text()
  const parsed = JSON.parse(text) as Record<string, unknown>
  return {
    ...{ status: response.status, body: parsed, text, headers: response.headers },
    code: parsed['code'] as string | undefined,
  }
}

export async function topUp(url: string, userId: number, balance: number): Promise<void> {
  const { status } = await untilDecided(() =>
    post(url, '/balance/add', { user_id: userId, balance, description: 'top-up' }),
  )
  if (status !== 200) throw new Error(`top-up answered ${status}`)
}

/** Sends and expects the request to be accepted. */
export async function send(
  url: string,
  request: { customer_id: number; recipients: string[]; text?: string; type?: 'normal' | 'express' },
): Promise<Accepted> {
  const { status, body } = await untilDecided(() =>
    post<Accepted>(url, '/sms/send', { text: 'hi', type: 'normal', ...request }),
  )
  if (status !== 200) throw new Error(`send answered ${status}: ${JSON.stringify(body)}`)
  return body
}

export async function history(url: string, query: string): Promise<HistoryBody['history']> {
  return (await get<HistoryBody>(url, `/sms/history?${query}`)).body.history
}

export async function balanceOf(url: string, userId: number): Promise<number> {
  return (await get<BalanceBody>(url, `/balance?user_id=${userId}`)).body.balance
}

/** Numbers that differ from each other. */
export function recipients(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `0912${String(from + index).padStart(7, '0')}`)
}
