import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { EVENTS_KEPT_DAYS } from '../../events/index.ts'
import {
  answer,
  answerJson,
  DATABASE,
  invalidCursor,
  invalidQuery,
  LIST,
  nextCursor,
  note,
  ofAccess,
  pageFields,
  readQuery,
  refusals,
  time,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import type { Delivery } from '../index.ts'
import type { EndpointActions } from './actions.ts'
import { EndpointPath } from './endpointFields.ts'
import { ENDPOINT, endpointNotFound } from './refuse.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'deliveries1'

const Query = z.strictObject(pageFields)

const WebhookDelivery = z
  .object({
    id: z.uuid(),
    event_id: z.string().meta({ description: 'The header `webhook-id`' }),
    event_type: z.string(),
    sequence: z.int().nullable().meta({ description: 'Of the event; null for a test' }),
    status: z.enum(['pending', 'delivered', 'failed']).meta({
      description: '`pending`: another attempt follows. `failed`: none does; a replay sends it again',
    }),
    attempts: z.int(),
    next_attempt_at: time('When the next attempt follows').nullable(),
    last_attempt: z
      .object({
        at: time('When it ended'),
        status: z.int().nullable().meta({ description: 'The HTTP status of the answer; null without one' }),
        error: z.string().nullable().meta({ description: 'Why it failed; null when it was delivered' }),
        answer: z.string().nullable().meta({ description: "The beginning of the answer's body" }),
        duration_ms: z.int(),
      })
      .nullable(),
    created_at: time('When it was tried first'),
  })
  .meta({ id: 'WebhookDelivery' })

const DeliveriesAnswer = z
  .object({ deliveries: z.array(WebhookDelivery), next_cursor: nextCursor })
  .meta({ id: 'WebhookDeliveriesAnswer' })

/** `GET /v1/webhooks/{id}/deliveries`: what was sent to an endpoint, newest first, with the answers. */
export function deliveriesRoute({ listDeliveries }: EndpointActions): Route {
  return {
    method: 'get',
    path: '/v1/webhooks/:id/deliveries',
    access: 'manage',
    operation,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const { limit, cursor } = readQuery(Query, request.query)
      const before = fromWire(cursor)
      const page = await listDeliveries({ userId, endpointId: String(request.params['id']), limit, before })
      if (!page) throw endpointNotFound()
      answerJson(response, {
        deliveries: page.deliveries.map(toAnswer),
        next_cursor: page.nextBefore === null ? null : encodeCursor(CURSOR_KIND, [page.nextBefore]),
      } satisfies z.input<typeof DeliveriesAnswer>)
    },
  }
}

function fromWire(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const [before, ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  if (before === undefined || !isIdentifier(before) || rest.length > 0) throw invalidCursor()
  return before
}

function toAnswer(delivery: Delivery): z.input<typeof WebhookDelivery> {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    sequence: delivery.sequence,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    last_attempt: delivery.lastAttemptAt && {
      at: delivery.lastAttemptAt.toISOString(),
      status: delivery.lastStatus,
      error: delivery.lastError,
      answer: delivery.lastAnswer,
      duration_ms: delivery.lastDurationMs ?? 0,
    },
    created_at: delivery.createdAt.toISOString(),
  }
}

const EXAMPLE: z.input<typeof WebhookDelivery> = {
  id: '019bd5a3-7d20-7c11-9e58-41b6c0d8f2a9',
  event_id: 'evt_019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043_1_1',
  event_type: 'message.sent',
  sequence: 41,
  status: 'pending',
  attempts: 1,
  next_attempt_at: '2026-01-19T08:30:06.120Z',
  last_attempt: {
    at: '2026-01-19T08:30:00.780Z',
    status: 503,
    error: 'HTTP 503',
    answer: 'try again later',
    duration_ms: 212,
  },
  created_at: '2026-01-19T08:30:00.780Z',
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listWebhookDeliveries',
  tags: ['webhooks'],
  summary: 'List what was sent to an endpoint, newest first',
  description: `With the answer to the last attempt; kept for ${EVENTS_KEPT_DAYS} days.`,
  requestParams: { path: EndpointPath, query: Query },
  responses: {
    '200': answer('A page of deliveries', DeliveriesAnswer, { deliveries: [EXAMPLE], next_cursor: null }),
    ...refusals([
      ...ofAccess('manage'),
      invalidQuery(Query, { limit: '5000' }),
      ...LIST,
      ...ENDPOINT,
      ...DATABASE,
    ]),
  },
}
