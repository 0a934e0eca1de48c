import type { Answered } from './record.ts'

/** What came of one request over HTTP. */
export interface Asked {
  answered: Answered
  /** As in `503 overloaded`. */
  label: string
  body: Record<string, unknown>
  /** The body, byte for byte; empty without an answer. */
  text: string
  /** Whether the answer says that it was given before. */
  isReplayed: boolean
}

export interface AskOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  timeoutMs?: number
  /** The client cuts its connection after this time, whatever it was sent by then. */
  cutAfterMs?: number | undefined
}

const ACCEPTED = [200, 201, 202]
/** Codes of 503 that do not say that nothing was changed. */
const UNKNOWN = ['outcome_unknown', 'bulk_incomplete']
/** How long a client waits for its answer. */
const TIMEOUT_MS = 4_000

export async function ask(url: string, body: unknown, options: AskOptions = {}): Promise<Asked> {
  const { method = 'POST', headers = {}, timeoutMs = TIMEOUT_MS, cutAfterMs = timeoutMs } = options
  try {
    const response = await fetch(url, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(Math.min(timeoutMs, cutAfterMs)),
    })
    const text = await response.text()
    const answer = JSON.parse(text) as Record<string, unknown>
    const isReplayed = response.headers.get('idempotent-replayed') === 'true'
    const { status } = response
    if (ACCEPTED.includes(status))
      return { answered: 'accepted', label: String(status), body: answer, text, isReplayed }
    const code = typeof answer['code'] === 'string' ? answer['code'] : ''
    const isUnknown = UNKNOWN.includes(code) || (status >= 500 && status !== 503)
    const answered = isUnknown ? 'unknown' : 'refused'
    return { answered, label: `${status} ${code}`.trim(), body: answer, text, isReplayed }
  } catch (error) {
    const label = isRefused(error) ? 'no connection' : 'no answer'
    return { answered: 'unknown', label, body: {}, text: '', isReplayed: false }
  }
}

/** No process listened: it is being restarted. */
function isRefused(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: { code?: string } }
  return cause?.code === 'ECONNREFUSED'
}
