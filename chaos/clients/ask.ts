import type { Answered } from './record.ts'

/** What came of one request over HTTP. */
export interface Asked {
  answered: Answered
  /** As in `503 overloaded`. */
  label: string
  body: Record<string, unknown>
}

/** How long a client waits for its answer. */
const TIMEOUT_MS = 4_000

export async function ask(url: string, body: unknown, timeoutMs = TIMEOUT_MS): Promise<Asked> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const answer = (await response.json()) as Record<string, unknown>
    if (response.status === 200) return { answered: 'accepted', label: '200', body: answer }
    const code = typeof answer['code'] === 'string' ? answer['code'] : ''
    const isUnknown = code === 'outcome_unknown' || (response.status >= 500 && response.status !== 503)
    return {
      answered: isUnknown ? 'unknown' : 'refused',
      label: `${response.status} ${code}`.trim(),
      body: answer,
    }
  } catch {
    return { answered: 'unknown', label: 'no answer', body: {} }
  }
}
