import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { GOOD_BEHAVIOUR } from './behaviour.ts'
import type { SimulatedOperator } from './operator.ts'
import type { SubmissionRecord } from './record.ts'
import type { ReceiptCounts } from './receipts/receiptSender.ts'
import { readJson } from './readJson.ts'
import type { Body } from './readJson.ts'
import { sendJson } from './sendJson.ts'
import { smppReference } from './smpp/references.ts'
import type { SmppServer } from './smpp/server.ts'
import type { ConnectionCounts } from './submit.ts'

/** Enough for the longest list of rejected numbers. */
const ADMIN_BYTES_MAX = 1_048_576
/** An operator that cannot be reached for longer is stopped instead. */
const DISCONNECTED_MS_MAX = 600_000

const disconnectSchema = z.strictObject({ forMs: z.int().min(1).max(DISCONNECTED_MS_MAX) })

/** What the admin routes can do besides speaking to the operator. */
export interface SimulatorControls {
  connections(): ConnectionCounts
  /** Undefined when none are sent. */
  receipts(): ReceiptCounts | undefined
  /** Stops listening and cuts every connection, then listens again on the same port. */
  disconnect(forMs: number): void
  /** Absent when it does not speak SMPP. */
  smpp?: SmppServer | undefined
}

/** The simulator's own routes, under /admin. */
export async function administer(
  operator: SimulatedOperator,
  controls: SimulatorControls,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://simulator')
  switch (`${request.method} ${pathname}`) {
    case 'GET /admin/behaviour':
      return sendJson(response, 200, operator.behaviour)
    case 'PUT /admin/behaviour':
      return behave(operator, response, await readJson(request, ADMIN_BYTES_MAX), 'replace')
    case 'PATCH /admin/behaviour':
      return behave(operator, response, await readJson(request, ADMIN_BYTES_MAX), 'change')
    case 'POST /admin/disconnect':
      return disconnect(controls, response, await readJson(request, ADMIN_BYTES_MAX))
    case 'GET /admin/summary': {
      const { name, calls, record } = operator
      return sendJson(response, 200, {
        name,
        ...record.summary(),
        calls,
        connections: controls.connections(),
        ...(controls.smpp && { smpp: controls.smpp.summary() }),
        receipts: controls.receipts(),
      })
    }
    case 'GET /admin/submissions': {
      const reference = searchParams.get('reference') ?? referenceOf(searchParams)
      if (reference === null) return exportRecord(operator.record, response)
      return sendJson(response, 200, operator.record.get(reference) ?? { reference, seen: 0, taken: 0 })
    }
    case 'GET /admin/parts':
      if (!controls.smpp) return sendJson(response, 404, { reasons: ['it does not speak SMPP'] })
      return exportRecord(controls.smpp.parts, response)
    case 'DELETE /admin/submissions':
      operator.forget()
      controls.smpp?.forget()
      response.writeHead(204).end()
      return
    default:
      return sendJson(response, 404, { reasons: ['no such route'] })
  }
}

function behave(
  operator: SimulatedOperator,
  response: ServerResponse,
  body: Body,
  how: 'replace' | 'change',
): void {
  if (!body.ok) return sendJson(response, body.status, { reasons: [body.reason] })
  const { seed } = operator.behaviour
  const base = how === 'replace' ? { ...GOOD_BEHAVIOUR, seed } : operator.behaviour
  const reasons = operator.behave(base, body.json)
  if (reasons) return sendJson(response, 400, { reasons })
  sendJson(response, 200, operator.behaviour)
}

function disconnect(controls: SimulatorControls, response: ServerResponse, body: Body): void {
  const parsed = disconnectSchema.safeParse(body.ok ? body.json : undefined)
  if (!parsed.success)
    return sendJson(response, 400, { reasons: [`forMs: 1 to ${DISCONNECTED_MS_MAX} milliseconds`] })
  response.on('finish', () => controls.disconnect(parsed.data.forMs))
  response.setHeader('connection', 'close')
  sendJson(response, 202, parsed.data)
}

/** Of a message that came over SMPP. */
function referenceOf(query: URLSearchParams): string | null {
  const [to, text] = [query.get('to'), query.get('text')]
  return to === null || text === null ? null : smppReference(to, text)
}

async function exportRecord(record: SubmissionRecord, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  await pipeline(Readable.from(record.ndjson()), response)
}
