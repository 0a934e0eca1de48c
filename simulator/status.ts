import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { BATCH_SIZE_MAX, REFERENCE_LENGTH_MAX } from '../src/operators/http/protocol.ts'
import type { SimulatedOperator } from './operator.ts'
import { readJson } from './readJson.ts'
import { sendJson } from './sendJson.ts'

/** A hundred references, and room. */
const QUESTION_BYTES_MAX = 65_536

const questionSchema = z.object({
  references: z.array(z.string().min(1).max(REFERENCE_LENGTH_MAX)).min(1).max(BATCH_SIZE_MAX),
})

/** The status route: the state of messages. A call that is not read whole is taken neither now nor later. */
export async function answerStatus(
  operator: SimulatedOperator,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readJson(request, QUESTION_BYTES_MAX)
  if (!body.ok) return sendJson(response, body.status, { reason: body.reason })
  const question = questionSchema.safeParse(body.json)
  if (!question.success) return sendJson(response, 400, { reason: 'malformed' })
  const { outage, statusRoute } = operator.behaviour
  if (outage === 'drop') return void response.destroy()
  if (outage === 'http503') return sendJson(response, 503, { reason: 'out of service' })
  switch (statusRoute) {
    case 'hangs':
      return
    case 'fails':
      return sendJson(response, 500, { reason: 'internal fault' })
    case 'missing':
      return sendJson(response, 404, { reason: 'no such route' })
    case 'forgets':
    case 'answers': {
      const statusOf = (reference: string) =>
        statusRoute === 'forgets' ? 'not_known' : operator.record.statusOf(reference)
      const answers = question.data.references.map((reference) => {
        const delivery = statusRoute === 'forgets' ? undefined : operator.deliveryOf(reference)
        return { reference, status: statusOf(reference), ...(delivery && { delivery }) }
      })
      return sendJson(response, 200, answers)
    }
  }
}
