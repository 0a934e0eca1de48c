import type { Problem } from './api.ts'
import { readRetryAfter } from './retryAfter.ts'

/** A request that can be sent again as it is. */
export interface WireRequest {
  url: string
  method: string
  headers: Headers
  body: string | undefined
}

export type Failure =
  | { kind: 'problem'; problem: Problem & Record<string, unknown>; retryAfterSeconds: number | undefined }
  | { kind: 'no_answer'; cause: unknown }
  | { kind: 'unexpected'; status: number; text: string; retryAfterSeconds: number | undefined }

export type TryResult = { kind: 'answer'; body: unknown } | Failure

export interface TryOptions {
  fetch: typeof fetch
  timeoutMs: number
  signal: AbortSignal | undefined
}

/** Sends a request once. @throws the reason of the caller's signal when that aborts. */
export async function tryOnce(
  { url, ...request }: WireRequest,
  { fetch, timeoutMs, signal }: TryOptions,
): Promise<TryResult> {
  signal?.throwIfAborted()
  try {
    return await withTimeout(timeoutMs, signal, async (each) => {
      const { body = null, ...rest } = request
      // A redirect is not followed: the key is for this server alone.
      const response = await fetch(url, { ...rest, body, redirect: 'manual', signal: each })
      return interpret(response, await response.text())
    })
  } catch (cause) {
    signal?.throwIfAborted()
    return { kind: 'no_answer', cause }
  }
}

function interpret({ status, ok, headers }: Response, text: string): TryResult {
  const retryAfterSeconds = readRetryAfter(headers.get('retry-after'), Date.now())
  const body = parse(text)
  if (ok && body !== undefined) return { kind: 'answer', body }
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') ?? false
  if (!isProblem || !hasCode(body)) return { kind: 'unexpected', status, text, retryAfterSeconds }
  return { kind: 'problem', problem: body, retryAfterSeconds }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function hasCode(body: unknown): body is Problem & Record<string, unknown> {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'
}

/** The timer ends with the work, unlike that of AbortSignal.timeout. */
async function withTimeout<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController()
  const abort = () => own.abort(outer?.reason)
  const timer = setTimeout(
    () => own.abort(new DOMException(`no whole answer in ${timeoutMs} ms`, 'TimeoutError')),
    timeoutMs,
  )
  outer?.addEventListener('abort', abort, { once: true })
  try {
    return await work(own.signal)
  } finally {
    clearTimeout(timer)
    outer?.removeEventListener('abort', abort)
  }
}
