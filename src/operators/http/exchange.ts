import type { Dispatcher } from 'undici'
import { decode } from './decode.ts'

/** What is known after one request, whichever way it ended. */
export interface Exchange {
  /** False: the request did not leave, or not as a whole, so the operator cannot have acted on it. */
  sent: boolean
  /** The answer's status, as soon as its head was read. */
  status?: number
  /** The answer's Retry-After header. */
  retryAfter?: string
  /** The answer's body, only when all of it was read. */
  body?: string
  /** Why the exchange ended without a whole answer. */
  fault?: string
  /** The connection ended under the call, without any answer. The operator may have closed it while it was idle. */
  wasCut?: true
}

export interface ExchangeOptions {
  method: 'GET' | 'POST' | 'PUT'
  /** With its query, if it has one. */
  path: string
  headers: Record<string, string>
  /** Null: none. */
  body: string | null
  timeoutMs: number
  /** Closes the connection after the answer. */
  closeAfter?: boolean
}

/** Compression is refused by name: an operator that compresses all the same is read too, but that costs us time. */
const PLAIN = { 'accept-encoding': 'identity' }

/**
 * One request, once: never rejects, and ends within `timeoutMs`, which covers waiting for a connection, connecting,
 * sending and reading. undici's request() obeys a signal only once it has a connection, and does not tell whether the
 * request had left; its dispatch interface does.
 */
export function exchange(pool: Dispatcher, options: ExchangeOptions): Promise<Exchange> {
  const { method, path, headers, body, timeoutMs, closeAfter = false } = options
  return new Promise((resolve) => {
    const known: Exchange = { sent: false }
    const chunks: Buffer[] = []
    let encoding: string | undefined
    let controller: Dispatcher.DispatchController | undefined
    let ended = false

    const end = (last: Partial<Exchange>) => {
      ended = true
      clearTimeout(timer)
      resolve({ ...known, ...last })
    }
    const timer = setTimeout(() => {
      end({ fault: `no answer within ${Math.round(timeoutMs)} ms` })
      controller?.abort(new Error('timed out'))
    }, timeoutMs)

    pool.dispatch(
      { method, path, headers: { ...headers, ...PLAIN }, body, reset: closeAfter },
      {
        onRequestStart(started) {
          // Comes before the first byte. A call whose time ran out while it waited for a connection is never sent.
          if (ended) return started.abort(new Error('timed out'))
          controller = started
          known.sent = true
        },
        onResponseStart(_controller, status, headers) {
          if (status < 200) return
          known.status = status
          const retryAfter = first(headers['retry-after'])
          if (retryAfter !== undefined) known.retryAfter = retryAfter
          encoding = first(headers['content-encoding'])
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk)
        },
        onResponseEnd() {
          if (!ended) end(decode(Buffer.concat(chunks), encoding))
        },
        onResponseError(_controller, error) {
          if (!ended) end(describeFault(error, known))
        },
      },
    )
  })
}

interface TransportError extends Error {
  code?: unknown
  syscall?: unknown
}

function describeFault(error: TransportError, known: Exchange): Partial<Exchange> {
  // The code says what happened in a word that metrics and tables can group by; messages carry addresses.
  const fault = typeof error.code === 'string' ? error.code : error.name
  if (!known.sent || known.status !== undefined) return { fault }
  // A write that failed was not handed over as a whole, and half a request is none.
  return { fault, wasCut: true, sent: error.syscall !== 'write' }
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
