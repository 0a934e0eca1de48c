import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a gateway in front of Chapar does with one request. */
export type Act =
  'cut' | 'hang' | { status: number; headers?: Record<string, string>; body?: string | object }

export interface Gateway {
  url: string
  /** What arrived, in order. */
  heard: { method: string; path: string; headers: IncomingMessage['headers'] }[]
  /** The next requests meet these; the last one is for all that follow. */
  script(...acts: Act[]): void
  close(): Promise<void>
}

export async function openGateway(): Promise<Gateway> {
  const heard: Gateway['heard'] = []
  let acts: Act[] = []
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request
    heard.push({ method, path, headers })
    const act = (acts.length > 1 ? acts.shift() : acts[0]) ?? 'cut'
    request.resume().on('end', () => {
      if (act === 'hang') return
      if (act === 'cut') return void request.socket.destroy()
      const { body = '' } = act
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      response.writeHead(act.status, act.headers).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    script(...next) {
      heard.length = 0
      acts = next
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** A refusal as Chapar writes it. */
export function refusal(status: number, code: string, headers: Record<string, string> = {}): Act {
  return {
    status,
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...headers },
    body: {
      ...{ type: `urn:chapar:problem:${code}`, title: code, status, detail: 'It is so.', code },
      ...{ instance: 'urn:chapar:request:1', request_id: '1' },
    },
  }
}

export function json(body: object, status = 200): Act {
  return { status, headers: { 'content-type': 'application/json' }, body }
}
