import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { STATUS_PATH, SUBMIT_PATH } from '../src/operators/http/protocol.ts'
import { administer } from './admin.ts'
import type { Behaviour } from './behaviour.ts'
import { SimulatedOperator } from './operator.ts'
import { ReceiptSender } from './receipts/receiptSender.ts'
import type { ReceiptTarget } from './receipts/receiptSender.ts'
import { REFERENCES_MAX } from './record.ts'
import { sendJson } from './sendJson.ts'
import type { Credentials } from './smpp/link.ts'
import { startSmppServer } from './smpp/server.ts'
import { answerStatus } from './status.ts'
import { CONNECTIONS_MAX, SubmitRoute } from './submit.ts'

export interface SimulatorSettings {
  name: string
  seed: number
  host: string
  /** 0: one that is free. */
  port: number
  connectionsMax?: number
  referencesMax?: number
  /** Absent: it speaks HTTP alone. */
  smpp?: { port: number; credentials: Credentials } | undefined
  /** Where receipts go; absent: none are sent. */
  receipts?: ReceiptTarget | undefined
  /** Where it differs from a good operator's at the start. */
  behaviour?: Partial<Behaviour> | undefined
}

export interface Simulator {
  url: string
  /** smpp://host:port, if it speaks SMPP. */
  smppUrl: string | undefined
  close(): Promise<void>
}

/** For the admin and health routes, so that a full operator can still be asked and told to behave. */
const ADMIN_CONNECTIONS_MAX = 256
/** Callers hold idle connections for as long as we say; a long while saves them the race with our closing. */
const KEEP_ALIVE_MS = 60_000

/** Starts a simulated operator. Rejects when it cannot listen. */
export async function startSimulator(settings: SimulatorSettings): Promise<Simulator> {
  const { name, seed, host, referencesMax = REFERENCES_MAX, connectionsMax = CONNECTIONS_MAX } = settings
  const sender = settings.receipts && new ReceiptSender(settings.receipts)
  const operator = new SimulatedOperator(name, seed, referencesMax, {
    behaviour: settings.behaviour,
    sendReceipt: sender && ((receipt, afterMs) => sender.add(receipt, afterMs)),
  })
  const smpp =
    settings.smpp &&
    (await startSmppServer({ operator, host, referencesMax, sessionsMax: connectionsMax, ...settings.smpp }))
  const submitRoute = new SubmitRoute(operator, connectionsMax)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
  server.maxConnections = connectionsMax + ADMIN_CONNECTIONS_MAX

  let comeback: NodeJS.Timeout | undefined
  const controls = {
    smpp,
    connections: () => submitRoute.connections,
    receipts: () => sender?.counts,
    disconnect: (forMs: number) => {
      clearTimeout(comeback)
      smpp?.disconnect(forMs)
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
    if (url === STATUS_PATH && request.method === 'POST') return answerStatus(operator, request, response)
    if (url.startsWith('/admin/')) return administer(operator, controls, request, response)
    if (url === '/healthz') sendJson(response, 200, { status: 'ok', name })
    else sendJson(response, 404, { reason: 'no such route' })
    return Promise.resolve()
  }

  const port = await listen(server, settings.port, host).catch(async (error: unknown) => {
    await smpp?.close()
    throw error
  })
  const close = async () => {
    clearTimeout(comeback)
    await smpp?.close()
    await sender?.close()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, smppUrl: smpp?.url, close }
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
