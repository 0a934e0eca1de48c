import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OperatorAdapter, Submission } from '../../../src/operators/contract.ts'
import { LARGE_IDENTIFIER } from './peer.ts'
import type { Mood, Peer } from './peer.ts'

export interface GatewayRequest {
  method: string
  /** Without the query. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}

export interface GatewayAnswer {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** A message as the operator understood it. */
export interface GatewayMessage {
  to: string
  text: string
  from: string | null
}

/** How one operator's documentation says that it speaks. */
export interface Dialect {
  /** The message in a request, or the answer to a request that is wrong. */
  read(request: GatewayRequest): GatewayMessage | GatewayAnswer
  /** `identifier` is a number where it is digits alone. */
  accepted(identifier: string, message: GatewayMessage): GatewayAnswer
  /** With an identifier for each part, where the operator answers so. */
  acceptedParts?(identifiers: string[], message: GatewayMessage): GatewayAnswer
  rejected(message: GatewayMessage): GatewayAnswer
  throttled(): GatewayAnswer
  outOfService: GatewayAnswer
  failed: GatewayAnswer
  refused?: GatewayAnswer
  postponed?: GatewayAnswer
  /** Taken under an identifier that cannot be stored. */
  odd(message: GatewayMessage): GatewayAnswer
}

/** Answers that say nothing of a message, whatever the operator. */
export const UNREADABLE: Readonly<Record<string, GatewayAnswer>> = {
  'an HTML page': { status: 200, body: '<html><body>200 OK: Welcome!</body></html>' },
  'a 204': { status: 204 },
  'an empty body': { status: 200, body: '' },
  'ERROR:14': { status: 200, body: 'ERROR:14' },
  'an empty object': { status: 200, body: '{}' },
  'an array of nothing': { status: 200, body: '[]' },
  null: { status: 200, body: 'null' },
  'half a document': { status: 201, body: '{"messages":[{"message-id":"0A","sta' },
}

const SLOW_MS = 50

/** An operator over HTTP that speaks a dialect, does what the test says, and remembers what it took. */
export async function openGateway(dialect: Dialect, open: (url: string) => OperatorAdapter): Promise<Peer> {
  let mood: Mood = { kind: 'good' }
  const taken = new Map<string, number>()
  const counts = { calls: 0, open: 0, peak: 0, accepted: 0 }

  const take = (message: GatewayMessage) => {
    const number = digitsOf(message.to)
    taken.set(number, (taken.get(number) ?? 0) + 1)
    return (++counts.accepted).toString(16).padStart(16, '0').toUpperCase()
  }
  const answer = (message: GatewayMessage): GatewayAnswer | 'cut' | 'hang' => {
    switch (mood.kind) {
      case 'rejects':
        if (mood.to !== undefined && digitsOf(mood.to) !== digitsOf(message.to)) break
        return dialect.rejected(message)
      case 'postpones':
        return dialect.postponed ?? dialect.failed
      case 'refuses':
        if (!message.text.includes(mood.poison)) break
        return mood.fault === 'message' ? (dialect.refused ?? dialect.failed) : dialect.failed
      case 'fails':
        return dialect.failed
      case 'out-of-service':
        return dialect.outOfService
      case 'throttles': {
        const { retryAfterSeconds } = mood
        const { headers, ...rest } = dialect.throttled()
        const wait = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
        return { ...rest, headers: { ...headers, ...wait } }
      }
      case 'cuts-before':
        return 'cut'
      case 'cuts-after':
      case 'hangs':
        take(message)
        return mood.kind === 'hangs' ? 'hang' : 'cut'
      case 'unreadable':
        take(message)
        return UNREADABLE[mood.how] ?? { status: 500 }
      case 'numeric-identifiers':
        take(message)
        return dialect.accepted(LARGE_IDENTIFIER, message)
      case 'odd-identifiers': {
        const identifier = take(message)
        return counts.accepted % mood.every === 0
          ? dialect.odd(message)
          : dialect.accepted(identifier, message)
      }
      case 'good':
      case 'slow':
      case 'forgets-idle':
        break
    }
    return dialect.accepted(take(message), message)
  }

  const server = createServer((request, response) => {
    counts.calls++
    counts.peak = Math.max(counts.peak, ++counts.open)
    response.once('close', () => counts.open--)
    void readRequest(request).then((read) => {
      const message = dialect.read(read)
      const given = 'status' in message ? message : answer(message)
      if (mood.kind === 'slow') setTimeout(() => send(response, given), SLOW_MS)
      else send(response, given, mood.kind === 'forgets-idle')
    })
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const port = await listen(0)
  const adapter = open(`http://127.0.0.1:${port}`)
  return {
    adapter,
    behave: (next) => {
      mood = next
      return Promise.resolve()
    },
    taken: ({ to }: Submission) => Promise.resolve(taken.get(digitsOf(to)) ?? 0),
    calls: () => Promise.resolve(counts.calls),
    callsPeak: () => Promise.resolve(counts.peak),
    leave: stop,
    comeBack: async () => void (await listen(port)),
    close: async () => {
      await adapter.close()
      await stop()
    },
  }
}

export async function readRequest(request: IncomingMessage): Promise<GatewayRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://gateway')
  const { method = '', headers } = request
  return { method, path: pathname, query: searchParams, headers, body: Buffer.concat(chunks).toString() }
}

/** Destroys the connection after the answer where it `forgets` idle ones, without having announced it. */
function send(response: ServerResponse, answer: GatewayAnswer | 'cut' | 'hang', forgets = false): void {
  const { socket } = response
  if (answer === 'hang') return
  if (answer === 'cut') return void socket?.destroy()
  if (forgets) response.once('finish', () => setImmediate(() => socket?.destroy()))
  response.writeHead(answer.status, answer.headers).end(answer.body)
}

function digitsOf(number: string): string {
  return number.replace(/\D/g, '')
}
