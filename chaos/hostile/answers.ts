export interface Answer {
  status: number
  /** Lower-case names. */
  headers: Map<string, string>
  body: string
  /** Whether the server announced that it closes this connection. */
  closes: boolean
}

export interface AnswerReader {
  /**
   * Reads received bytes (latin1). @returns the answers that they complete. @throws Error for bytes that are not HTTP.
   */
  take(bytes: string): Answer[]
  /** Whether an incomplete answer was received. */
  isInside(): boolean
}

const NO_BODY = new Set([204, 304])

/** Reads a connection's answers in order; `isHead` says which of them, counted from 0, have no body by request. */
export function openAnswerReader(isHead: (index: number) => boolean): AnswerReader {
  let held = ''
  let count = 0
  const next = (): Answer | undefined => {
    const headEnd = held.indexOf('\r\n\r\n')
    if (headEnd === -1) return undefined
    const answer = readHead(held.slice(0, headEnd))
    const rest = held.slice(headEnd + 4)
    if (answer.status < 200) {
      held = rest
      return next()
    }
    const length = NO_BODY.has(answer.status) || isHead(count) ? 0 : lengthOf(answer)
    if (rest.length < length) return undefined
    held = rest.slice(length)
    count++
    return { ...answer, body: Buffer.from(rest.slice(0, length), 'latin1').toString() }
  }
  return {
    take(bytes) {
      held += bytes
      const answers: Answer[] = []
      for (let answer = next(); answer; answer = next()) answers.push(answer)
      return answers
    },
    isInside: () => held !== '',
  }
}

function readHead(head: string): Answer {
  const [first = '', ...lines] = head.split('\r\n')
  const status = Number(/^HTTP\/1\.1 ([1-5][0-9]{2})( |$)/.exec(first)?.[1] ?? NaN)
  if (Number.isNaN(status)) throw new Error(`an answer begins with ${JSON.stringify(first.slice(0, 60))}`)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return { status, headers, body: '', closes: headers.get('connection')?.toLowerCase() === 'close' }
}

/** Every answer must state its length, because a client otherwise cannot detect a truncated answer. */
function lengthOf({ status, headers }: Answer): number {
  const length = headers.get('content-length')
  if (length === undefined) throw new Error(`an answer ${status} does not say how long it is`)
  return Number(length)
}
