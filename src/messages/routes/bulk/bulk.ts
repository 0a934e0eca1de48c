import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  DATABASE,
  money,
  note,
  ofAccess,
  refusals,
  time,
} from '../../../platform/http/index.ts'
import type { Refusal, Route } from '../../../platform/http/index.ts'
import { customerOf } from '../../../primitives/access.ts'
import { bulkNotFound } from '../../bulk/bulkNotFound.ts'
import type { BulkKey, BulkView } from '../../bulk/readBulk.ts'
import { V1_STATUSES } from '../../states.ts'
import type { V1Status } from '../../states.ts'

/** @returns undefined for a bulk that the customer did not send. */
export type ReadBulk = (key: BulkKey) => Promise<BulkView | undefined>

const Path = z.object({ id: z.uuid().meta({ description: 'The bulk' }) })

const Bulk = z
  .object({
    id: z.uuid(),
    test: z
      .literal(true)
      .optional()
      .meta({ description: 'A test key sent it: it cost nothing, and only the test operator got it' }),
    messages: z.int().meta({ description: 'Messages of the request' }),
    accepted: z.int().meta({ description: 'Messages that were accepted' }),
    refused: z.int().meta({ description: 'Messages that were refused; the rest is not decided' }),
    cost: money('What was charged for all messages; refunds do not lower it'),
    counts: z
      .object(Object.fromEntries(V1_STATUSES.map((each) => [each, z.int()])) as Record<V1Status, z.ZodInt>)
      .meta({ description: 'Accepted messages by status' }),
    created_at: time('When its first message was accepted'),
  })
  .meta({ id: 'Bulk' })

/** Of a route that names a bulk. */
const BULK: Refusal[] = [{ when: 'there is no such bulk', example: bulkNotFound() }]

/** `GET /v1/bulks/{id}`: the results of the messages of a bulk. */
export function bulkRoute(readBulk: ReadBulk): Route {
  return {
    method: 'get',
    path: '/v1/bulks/:id',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const bulk = await readBulk({ userId, bulkId: String(request.params['id']) })
      if (!bulk) throw bulkNotFound()
      note(response, { bulk_id: bulk.bulkId })
      answerJson(response, toAnswer(bulk))
    },
  }
}

function toAnswer(bulk: BulkView): z.input<typeof Bulk> {
  const { bulkId: id, messages, accepted, refused, cost, counts, createdAt } = bulk
  return {
    id,
    ...(bulk.isTest ? { test: true } : {}),
    ...{ messages, accepted, refused, cost, counts, created_at: createdAt.toISOString() },
  }
}

const EXAMPLE: z.input<typeof Bulk> = {
  id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040',
  ...{ messages: 3, accepted: 2, refused: 1, cost: 4 },
  counts: {
    ...{ QUEUED: 0, SCHEDULED: 0, SENDING: 0, SENT: 2, DELIVERED: 0, FAILED_TEMP: 0, FAILED_PERM: 0 },
    CANCELLED: 0,
  },
  created_at: '2026-01-19T08:30:00.142Z',
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'readBulk',
  tags: ['messages'],
  summary: 'Read the result of a bulk',
  requestParams: { path: Path },
  responses: {
    '200': answer('The bulk', Bulk, EXAMPLE),
    ...refusals([...ofAccess('read'), ...BULK, ...DATABASE]),
  },
}
