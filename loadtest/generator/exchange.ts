import { openConnection } from './connection.ts'
import type { Connection, ConnectionEvents } from './connection.ts'
import type { HttpResponse } from './responses.ts'

/** How a request ended. */
export interface Ending {
  /** The status, or in words what came instead of an answer. */
  answer: string
  /** That an accepting answer names; 0 otherwise. */
  acceptedRecipients: number
}

export interface ExchangeOptions {
  baseUrl: string
  connectionsMax: number
  nowMs: () => number
  open?: (url: URL, events: ConnectionEvents) => Connection
}

/** A connection and what it is used for. */
interface Line {
  connection: Connection
  /** Of the request on its way, if there is one. */
  onEnd: ((ending: Ending) => void) | undefined
  /** Since when it has been idle, or its request on its way. */
  sinceMs: number
  idleMaxMs: number
}

/** The engine answers within some seconds, if only with 503; what takes longer is lost. */
const ANSWER_TIMEOUT_MS = 30_000
/** Servers close idle connections, Node's by default after 5 s; a request that meets the closing is lost. */
const IDLE_MAX_MS = 4_000
/** So much earlier than a server says that it closes. */
const IDLE_MARGIN_MS = 1_000

/** Takes requests to the API and their answers back, one at a time on each of a bounded number of connections. */
export class Exchange {
  readonly #url: URL
  readonly #connectionsMax: number
  readonly #nowMs: () => number
  readonly #open: (url: URL, events: ConnectionEvents) => Connection
  readonly #lines = new Set<Line>()
  /** The one used last is taken first: at low rates few connections are in use, and the others go. */
  readonly #idle: Line[] = []
  #opened = 0

  constructor({ baseUrl, connectionsMax, nowMs, open = openConnection }: ExchangeOptions) {
    this.#url = new URL(baseUrl)
    this.#connectionsMax = connectionsMax
    this.#nowMs = nowMs
    this.#open = open
  }

  /** Whether another request may be sent now; what is due beyond has to wait. */
  hasRoom(): boolean {
    return this.#idle.length > 0 || this.#lines.size < this.#connectionsMax
  }

  /** Only while there is room. `onEnd` is called once, and never within this call. */
  send(text: string, onEnd: (ending: Ending) => void): void {
    const line = this.#takeIdle() ?? this.#openLine()
    line.onEnd = onEnd
    line.sinceMs = this.#nowMs()
    line.connection.send(text)
  }

  connectionsOpened(): number {
    return this.#opened
  }

  /** Gives up the requests that have been on their way for too long. */
  expire(): void {
    const expiredMs = this.#nowMs() - ANSWER_TIMEOUT_MS
    for (const line of [...this.#lines])
      if (line.onEnd && line.sinceMs < expiredMs) this.#lose(line, 'timeout')
  }

  /** Gives up all that are on their way. */
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
    // After an answer that nobody asked for, the next one could not be told apart from it.
    if (keepsOpen && line.onEnd) this.#idle.push(line)
    else this.#drop(line)
    this.#end(line, endingOf(response))
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

  #end(line: Line, ending: Ending): void {
    const { onEnd } = line
    line.onEnd = undefined
    line.sinceMs = this.#nowMs()
    onEnd?.(ending)
  }
}

function endingOf({ status, body }: HttpResponse): Ending {
  const accepted = status === 200 ? Number(/"recipients": *([0-9]+)/.exec(body)?.[1] ?? 0) : 0
  return { answer: String(status), acceptedRecipients: accepted }
}
