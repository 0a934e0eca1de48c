/** An answer of HTTP/1.1, as far as a load generator reads it. */
export interface HttpResponse {
  status: number
  /** Bytes as characters (latin1). */
  body: string
  /** Whether the connection may be used again. */
  keepsOpen: boolean
  /** How long the server keeps an idle connection open, if it says so. */
  idleMs: number | undefined
}

export interface ResponseReader {
  /** Reads received bytes, in pieces of any size, and calls back with each complete answer. */
  take(bytes: string): void
  /** The connection ended; completes an answer whose length was not said. @returns whether one was cut off. */
  end(): boolean
}

/** The bytes are not HTTP/1.1 that this parser reads. The connection is unusable. */
export class ResponseFault extends Error {}

/** Answers of the API have some 1,000 bytes. A far longer one comes from another server. */
const HEAD_CHARS_MAX = 64 * 1024
const BODY_CHARS_MAX = 1024 * 1024

const NO_BODY = new Set([204, 304])

export function createResponseReader(onResponse: (response: HttpResponse) => void): ResponseReader {
  let held = ''
  let head: Head | undefined
  return {
    take(bytes) {
      held = held === '' ? bytes : held + bytes
      for (;;) {
        if (!head) {
          const found = readHead(held)
          if (!found) return
          held = held.slice(found.chars)
          // Interim answers such as 100 precede the answer itself.
          if (found.status < 200) continue
          head = found
        }
        const body = readBody(head, held)
        if (!body) return
        held = held.slice(body.chars)
        const { status, keepsOpen, idleMs } = head
        head = undefined
        onResponse({ status, body: body.text, keepsOpen, idleMs })
      }
    },
    end() {
      if (head?.framing !== 'until the end') return head !== undefined || held !== ''
      onResponse({ status: head.status, body: held, keepsOpen: false, idleMs: undefined })
      head = undefined
      held = ''
      return false
    },
  }
}

interface Head extends Omit<HttpResponse, 'body'> {
  /** Its own length, with the empty line. */
  chars: number
  /** The length of the body, or how its end is found. */
  framing: number | 'chunked' | 'until the end'
}

function readHead(held: string): Head | undefined {
  const end = held.indexOf('\r\n\r\n')
  if (end === -1) {
    if (held.length > HEAD_CHARS_MAX) throw new ResponseFault('the head of the answer is too long')
    return undefined
  }
  const text = held.slice(0, end)
  const status = Number(/^HTTP\/1\.[01] ([1-5][0-9]{2})(?: |$|\r)/.exec(text)?.[1] ?? NaN)
  if (Number.isNaN(status)) throw new ResponseFault('the answer does not begin like HTTP/1.1')
  const framing = framingOf(status, text)
  const idleSeconds = /\r\nkeep-alive:[^\r]*timeout=([0-9]+)/i.exec(text)?.[1]
  return {
    chars: end + 4,
    status,
    framing,
    keepsOpen: framing !== 'until the end' && !/\r\nconnection:[^\r]*close/i.test(text),
    idleMs: idleSeconds === undefined ? undefined : Number(idleSeconds) * 1_000,
  }
}

function framingOf(status: number, text: string): Head['framing'] {
  if (NO_BODY.has(status)) return 0
  const length = /\r\ncontent-length: *([0-9]+)/i.exec(text)?.[1]
  if (length !== undefined) return Number(length)
  return /\r\ntransfer-encoding:[^\r]*chunked/i.test(text) ? 'chunked' : 'until the end'
}

interface Body {
  chars: number
  text: string
}

function readBody({ framing }: Head, held: string): Body | undefined {
  const chars = typeof framing === 'number' ? framing : held.length
  if (chars > BODY_CHARS_MAX) throw new ResponseFault('the answer is too long')
  if (framing === 'until the end') return undefined
  if (framing === 'chunked') return readChunks(held)
  return held.length < framing ? undefined : { chars: framing, text: held.slice(0, framing) }
}

/** Starts again with each received piece, because such answers are short and rare. */
function readChunks(held: string): Body | undefined {
  let text = ''
  let at = 0
  for (;;) {
    const lineEnd = held.indexOf('\r\n', at)
    if (lineEnd === -1) return undefined
    const size = parseInt(held.slice(at, lineEnd), 16)
    if (!(size >= 0)) throw new ResponseFault('a chunk of the answer has no length')
    const begin = lineEnd + 2
    if (size === 0) return endOfChunks(held, begin, text)
    if (held.length < begin + size + 2) return undefined
    text += held.slice(begin, begin + size)
    at = begin + size + 2
  }
}

/** After the last chunk follow optional trailers and an empty line. */
function endOfChunks(held: string, begin: number, text: string): Body | undefined {
  if (held.startsWith('\r\n', begin)) return { chars: begin + 2, text }
  const end = held.indexOf('\r\n\r\n', begin)
  return end === -1 ? undefined : { chars: end + 4, text }
}
