import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { readOtlp } from './readOtlp.ts'
import { openSpanStore } from './spanStore.ts'
import type { SpanStore } from './spanStore.ts'

/** A small OTLP receiver for a developer's machine: it keeps the latest spans in memory and finds those of a message. */
export interface Receiver {
  url: string
  store: SpanStore
  close(): Promise<void>
}

/** The port of OTLP over HTTP. */
export const PORT_DEFAULT = 4318
/** An exporter's batch of 512 spans has some 500 KB. */
const BODY_BYTES_MAX = 16 * 1_024 * 1_024

export async function startReceiver({ port = 0 } = {}): Promise<Receiver> {
  const store = openSpanStore()
  const server = createServer((request, response) => {
    answer(store, request, response).catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error))
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${listening}`,
    store,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close').catch(() => {})
    },
  }
}

const MESSAGE_PATH = /^\/messages\/([0-9a-f-]{36})$/

async function answer(store: SpanStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = request
  const [, messageId] = MESSAGE_PATH.exec(url) ?? []
  if (method === 'POST' && url === '/v1/traces') return receive(store, request, response)
  if (method === 'GET' && messageId !== undefined) return sendJson(response, 200, store.ofMessage(messageId))
  return sendJson(response, 404, { error: 'POST /v1/traces, or GET /messages/ID' })
}

async function receive(store: SpanStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!request.headers['content-type']?.startsWith('application/json')) {
    request.resume()
    return sendJson(response, 415, { error: 'only JSON: set OTEL_EXPORTER_OTLP_PROTOCOL=http/json' })
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new Error(`a body of more than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  const isZipped = request.headers['content-encoding'] === 'gzip'
  const text = isZipped ? gunzipSync(body, { maxOutputLength: BODY_BYTES_MAX }) : body
  store.add(readOtlp(text.toString('utf8')))
  sendJson(response, 200, {})
}

function sendJson(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
}
