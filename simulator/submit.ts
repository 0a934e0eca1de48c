import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { z } from 'zod'
import { BATCH_SIZE_MAX, SUBMISSION_BYTES_MAX, submissionSchema } from '../src/operators/http/protocol.ts'
import type { SimulatedOperator } from './operator.ts'
import { readJson } from './readJson.ts'
import { respond } from './respond.ts'
import { sendJson } from './sendJson.ts'

/** As many as an operator grants a customer. */
export const CONNECTIONS_MAX = 64

export interface ConnectionCounts {
  open: number
  opened: number
  peak: number
}

const batchSchema = z.array(submissionSchema).min(1)

/** The submission route, and its own count of connections: those of the admin routes do not count. */
export class SubmitRoute {
  readonly #operator: SimulatedOperator
  readonly #connectionsMax: number
  readonly #submitters = new Set<Socket>()
  #opened = 0
  #peak = 0

  constructor(operator: SimulatedOperator, connectionsMax: number) {
    this.#operator = operator
    this.#connectionsMax = connectionsMax
  }

  get connections(): ConnectionCounts {
    return { open: this.#submitters.size, opened: this.#opened, peak: this.#peak }
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#grants(request.socket)) {
      response.setHeader('connection', 'close')
      sendJson(response, 503, { reason: `more than ${this.#connectionsMax} connections` })
      return
    }
    const body = await readJson(request, SUBMISSION_BYTES_MAX)
    if (!body.ok) return sendJson(response, body.status, { reason: body.reason })
    const single = !Array.isArray(body.json)
    const call = batchSchema.safeParse(single ? [body.json] : body.json)
    if (!call.success) return sendJson(response, 400, { reason: describe(call.error) })
    if (call.data.length > BATCH_SIZE_MAX) {
      return sendJson(response, 413, { reason: `more than ${BATCH_SIZE_MAX} messages` })
    }
    const { closeIdleAfterMs } = this.#operator.behaviour
    if (closeIdleAfterMs !== null) closeWhenIdle(request, response, closeIdleAfterMs)
    respond(response, this.#operator.react(call.data), single)
  }

  #grants(socket: Socket): boolean {
    if (this.#submitters.has(socket)) return true
    if (this.#submitters.size >= this.#connectionsMax) return false
    this.#submitters.add(socket)
    this.#opened++
    this.#peak = Math.max(this.#peak, this.#submitters.size)
    socket.once('close', () => this.#submitters.delete(socket))
    return true
  }
}

/** Without announcing it: a caller finds out when it uses the connection again. */
function closeWhenIdle({ socket }: IncomingMessage, response: ServerResponse, afterMs: number): void {
  response.once('finish', () => {
    const readBefore = socket.bytesRead
    setTimeout(() => {
      if (socket.bytesRead === readBefore) socket.destroy()
    }, afterMs)
  })
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues
  return issue ? `${issue.path.join('.')}: ${issue.message}` : 'malformed'
}
