import { openConnection } from './connection.ts'
import type { Connection, ConnectionEvents } from './connection.ts'
import type { HttpResponse } from './responses.ts'

/** The result of a request. */
export interface RequestResult {
  /** The status, or a text for a request without an answer. */
  answer: string
  /** The recipients in an accepting answer; 0 otherwise. */
  acceptedRecipients: number
}

export interface ExchangeOptions {
  baseUrl: string
  connectionsMax: number
  nowMs: () => number
  open?: (url: URL, events: ConnectionEvents) => Connection
}

/** A connection and its use. */
interface Line {
  connection: Connection
  /** The callback of the request in flight, if any. */
  onEnd: ((result: RequestResult) => void) | undefined
  /** Since when it has been idle, or its request in flight. */
  sinceMs: number
  idleMaxMs: number
}

/** The engine answers within some seconds, if only with 503; what takes longer is lost. */
const ANSWER_TIMEOUT_MS = 30_000
/** Servers close idle connections, Node's by default after 5 s; a request that meets the closing is lost. */
const IDLE_MAX_MS = 4_000
/** The margin before the time at which a server closes an idle connection. */
const IDLE_MARGIN_MS = 1_000

/** Sends requests over a bounded number of connections, with one request in flight on each. */
export class Exchange {
  readonly #url: URL
  readonly #connectionsMax: number
  readonly #nowMs: () => number
  readonly #open: (url: URL, events: ConnectionEvents) => Connection
  readonly #lines = new Set<Line>()
  /** The one used last is taken first: so at low rates few connections are in use, and the others are closed. */
  readonly #idle: Line[] = []
  #opened = 0

  constructor({ baseUrl, connectionsMax, nowMs, open = openConnection }: ExchangeOptions) {
    this.#url = new URL(baseUrl)
    this.#connectionsMax = connectionsMax
    this.#nowMs = nowMs
    this.#open = open
  }

  /** Whether another request may be sent now. Otherwise due requests have to wait. */
  hasRoom(): boolean {
    return this.#idle.length > 0 || this.#lines.size < this.#connectionsMax
  }

  /** Call it only while `hasRoom` is true. `onEnd` is called once, and never within this call. */
  send(text: string, onEnd: (result: RequestResult) => void): void {
    const line = this.#takeIdle() ?? this.#openLine()
    line.onEnd = onEnd
    line.sinceMs = this.#nowMs()
    line.connection.send(text)
  }

  connectionsOpened(): number {
    return this.#opened
  }

  /** Abandons requests that have been in flight for too long. */
  expire(): void {
    const expiredMs = this.#nowMs() - ANSWER_TIMEOUT_MS
    for (const line of [...this.#lines])
      if (line.onEnd && line.sinceMs < expiredMs) this.#lose(line, 'timeout')
  }

  /** Abandons all requests in flight. */
  close(): void {
    for (const line of [...this.#lines]) this.#lose(line, 'stopped')
  }

  #takeIdle(): Line | undefined {
    for (let line = this.#idle.pop(); line; line = this.#idle.pop()) {
      if (this.#nowMs() - line.sinceMs < line.idleMaxMs) return line
      this.#drop(line)
    }
    return undefined
  }

  #openLine(): Line {
    const connection = this.#open(this.#url, {
      onResponse: (response) => this.#answer(line, response),
      onLost: (reason) => this.#lose(line, reason),
    })
    const line: Line = { connection, onEnd: undefined, sinceMs: this.#nowMs(), idleMaxMs: IDLE_MAX_MS }
    this.#lines.add(line)
    this.#opened++
    return line
  }

  #answer(line: Line, response: HttpResponse): void {
    const { keepsOpen, idleMs } = response
    if (idleMs !== undefined) line.idleMaxMs = Math.max(0, idleMs - IDLE_MARGIN_MS)
    // After an unexpected answer, later answers could not be matched to their requests.
    if (keepsOpen && line.onEnd) this.#idle.push(line)
    else this.#drop(line)
    this.#end(line, resultOf(response))
  }

  #lose(line: Line, reason: string): void {
    this.#drop(line)
    this.#end(line, { answer: `no answer (${reason})`, acceptedRecipients: 0 })
  }

  #drop(line: Line): void {
    this.#lines.delete(line)
    const place = this.#idle.lastIndexOf(line)
    if (place !== -1) this.#idle.splice(place, 1)
    line.connection.destroy()
  }

  #end(line: Line, result: RequestResult): void {
    const { onEnd } = line
    line.onEnd = undefined
    line.sinceMs = this.#nowMs()
    onEnd?.(result)
  }
}

function resultOf({ status, body }: HttpResponse): RequestResult {
  const accepted =
    status === 200 || status === 202 ? Number(/"recipients": *([0-9]+)/.exec(body)?.[1] ?? 0) : 0
  return { answer: String(status), acceptedRecipients: accepted }
}
