import type { Dispatcher } from 'undici'

/** What is known after one POST, whichever way it ended. */
export interface Exchange {
  /** False: not a byte of the request left, so the peer cannot have acted on it. */
  sent: boolean
  /** The answer's status, as soon as its head had come. */
  status?: number
  /** The answer's body, only when all of it came. */
  body?: string
  /** Why the exchange ended without a whole answer. */
  fault?: string
}

const HEADERS = { 'content-type': 'application/json', accept: 'application/json' }

/**
 * One POST of JSON, once. Never rejects, and ends within `timeoutMs`, which covers waiting for a socket, connecting,
 * sending and reading. undici's own request() takes a signal too, but heeds it only once the request has a socket, and
 * does not tell whether the request had left; its dispatch interface does.
 */
export function exchange(pool: Dispatcher, path: string, json: string, timeoutMs: number): Promise<Exchange> {
  return new Promise((resolve) => {
    const known: Exchange = { sent: false }
    const chunks: Buffer[] = []
    let controller: Dispatcher.DispatchController | undefined
    let ended = false

    const end = (last: { body?: string; fault?: string }) => {
      ended = true
      clearTimeout(timer)
      resolve({ ...known, ...last })
    }
    const timer = setTimeout(() => {
      end({ fault: `no answer within ${Math.round(timeoutMs)} ms` })
      controller?.abort(new Error('timed out'))
    }, timeoutMs)

    pool.dispatch(
      { method: 'POST', path, headers: HEADERS, body: json },
      {
        onRequestStart(started) {
          // Comes before the first byte. A call whose time ran out while it waited for a socket is never sent.
          if (ended) return started.abort(new Error('timed out'))
          controller = started
          known.sent = true
        },
        onResponseStart(_controller, status) {
          if (status >= 200) known.status = status
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          if (!ended) end({ body: Buffer.concat(chunks).toString() })
        },
        onResponseError(_controller, error) {
          if (!ended) end({ fault: nameOf(error) })
        },
      },
    )
  })
}

/** The code says what happened in a word that metrics and tables can group by; messages carry addresses. */
function nameOf(error: Error & { code?: unknown }): string {
  return typeof error.code === 'string' ? error.code : error.name
}
