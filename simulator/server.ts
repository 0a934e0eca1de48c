import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SUBMIT_PATH } from '../src/operators/http/protocol.ts'
import { administer } from './admin.ts'
import { SimulatedOperator } from './operator.ts'
import { REFERENCES_MAX } from './record.ts'
import { sendJson } from './sendJson.ts'
import { CONNECTIONS_MAX, SubmitRoute } from './submit.ts'

export interface SimulatorSettings {
  name: string
  seed: number
  host: string
  /** 0: one that is free. */
  port: number
  connectionsMax?: number
  referencesMax?: number
}

export interface Simulator {
  url: string
  close(): Promise<void>
}

/** For the admin and health routes, so that a full operator can still be asked and told to behave. */
const ADMIN_CONNECTIONS_MAX = 256
/** Callers hold idle connections for as long as we say; a long while saves them the race with our closing. */
const KEEP_ALIVE_MS = 60_000

/** Starts a simulated operator. Rejects when it cannot listen. */
export async function startSimulator(settings: SimulatorSettings): Promise<Simulator> {
  const { name, seed, host, referencesMax = REFERENCES_MAX, connectionsMax = CONNECTIONS_MAX } = settings
  const operator = new SimulatedOperator(name, seed, referencesMax)
  const submitRoute = new SubmitRoute(operator, connectionsMax)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
  server.maxConnections = connectionsMax + ADMIN_CONNECTIONS_MAX

  let comeback: NodeJS.Timeout | undefined
  const controls = {
    connections: () => submitRoute.connections,
    disconnect: (forMs: number) => {
      clearTimeout(comeback)
      server.close()
      server.closeAllConnections()
      comeback = setTimeout(() => server.listen(port, host), forMs)
    },
  }
  server.on('request', (request, response) => {
    route(request, response).catch(() => response.destroy())
  })
  function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/'
    if (url === SUBMIT_PATH && request.method === 'POST') return submitRoute.handle(request, response)
    if (url.startsWith('/admin/')) return administer(operator, controls, request, response)
    if (url === '/healthz') sendJson(response, 200, { status: 'ok', name })
    else sendJson(response, 404, { reason: 'no such route' })
    return Promise.resolve()
  }

  const port = await listen(server, settings.port, host)
  const close = () => {
    clearTimeout(comeback)
    return new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, close }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
