import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BENCH_KEY_PREFIX } from './keyedCustomers.ts'

/** One event as an endpoint took it. */
export interface TakenEvent {
  type: string
  /** When the change happened that it tells of. */
  changedAtEpochMs: number
  takenAtEpochMs: number
}

/** Customers' webhook endpoints, on one server of this process. */
export interface Endpoints {
  /** Answers at once. */
  goodUrl: string
  /** Takes requests and never answers. */
  hangingUrl: string
  taken(): readonly TakenEvent[]
  close(): Promise<void>
}

/** What a benchmark can hold. */
const EVENTS_MAX = 5_000_000
const CONNECTIONS = 16

export async function openEndpoints(): Promise<Endpoints> {
  const taken: TakenEvent[] = []
  const server = createServer((request, response) => {
    if (request.url === '/hanging') return void request.resume()
    readEvent(request).then(
      (event) => {
        if (taken.length < EVENTS_MAX) taken.push(event)
        response.writeHead(204).end()
      },
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...{ goodUrl: `${base}/good`, hangingUrl: `${base}/hanging` },
    taken: () => taken,
    close: () => close(server),
  }
}

/** Each customer has a key of the benchmark that may manage. */
export async function createEndpoints(
  apiUrl: string,
  customers: readonly number[],
  urlOf: (customer: number) => string,
): Promise<void> {
  const left = [...customers]
  const create = async () => {
    for (let customer = left.pop(); customer !== undefined; customer = left.pop()) {
      const response = await fetch(`${apiUrl}/v1/webhooks`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': `${BENCH_KEY_PREFIX}${customer}` },
        body: JSON.stringify({ url: urlOf(customer) }),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`an endpoint was answered with ${response.status}: ${text}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, create))
}

async function readEvent(request: IncomingMessage): Promise<TakenEvent> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const takenAtEpochMs = Date.now()
  const { type, timestamp } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
    type: string
    timestamp: string
  }
  return { type, changedAtEpochMs: Date.parse(timestamp), takenAtEpochMs }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
