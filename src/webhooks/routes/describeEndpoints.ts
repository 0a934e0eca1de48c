import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { z } from 'zod'
import {
  answer,
  BODY,
  DATABASE,
  invalidInput,
  ofAccess,
  refusals,
  TRANSACTION,
} from '../../platform/http/index.ts'
import { DISABLED_AFTER_DAYS } from '../deliver/schedule.ts'
import { OVERLAP_HOURS } from '../index.ts'
import {
  EndpointPath,
  EndpointsAnswer,
  EXAMPLE_ENDPOINT,
  EXAMPLE_SECRET,
  NewEndpoint,
  ReplayBody,
  SecretAnswer,
  WebhookEndpoint,
} from './endpointFields.ts'
import type { endpointBody, endpointChange } from './endpointFields.ts'
import { CHANGE, ENDPOINT, LIVE_KEY, NEW_ENDPOINT } from './refuse.ts'

export const DeletedAnswer = z
  .object({ id: z.uuid(), status: z.literal('deleted') })
  .meta({ id: 'WebhookDeletedAnswer' })
export const TestAnswer = z
  .object({ delivery_id: z.uuid().meta({ description: 'Its answer is in the deliveries of the endpoint' }) })
  .meta({ id: 'WebhookTestAnswer' })

export const LIST: ZodOpenApiOperationObject = {
  operationId: 'listWebhooks',
  tags: ['webhooks'],
  summary: 'List the endpoints that events are sent to, oldest first',
  responses: {
    '200': answer('All endpoints', EndpointsAnswer, { webhooks: [EXAMPLE_ENDPOINT] }),
    ...refusals([...ofAccess('manage'), ...DATABASE]),
  },
}

const EXAMPLE_BODY = { url: EXAMPLE_ENDPOINT.url, events: EXAMPLE_ENDPOINT.events }

export function createOperation(Body: ReturnType<typeof endpointBody>): ZodOpenApiOperationObject {
  return {
    operationId: 'createWebhook',
    tags: ['webhooks'],
    summary: 'Send events to an endpoint',
    description:
      'It gets the events of messages that are accepted after the answer, at least once each, signed as Standard Webhooks has it.',
    requestBody: {
      required: true,
      content: { 'application/json': { schema: Body, example: EXAMPLE_BODY } },
    },
    responses: {
      '201': answer('Created; `secret` is shown only here', NewEndpoint, {
        ...EXAMPLE_ENDPOINT,
        secret: EXAMPLE_SECRET,
      }),
      ...refusals([
        ...ofAccess('manage'),
        ...LIVE_KEY,
        invalidInput(Body, { url: 'http://127.0.0.1/', event: ['message.sent'] }),
        ...BODY,
        ...NEW_ENDPOINT,
        ...CHANGE,
        ...TRANSACTION,
      ]),
    },
  }
}

export function changeOperation(Change: ReturnType<typeof endpointChange>): ZodOpenApiOperationObject {
  return {
    operationId: 'changeWebhook',
    tags: ['webhooks'],
    summary: 'Change an endpoint',
    description: 'What is left out stays. Deliveries that wait go to the new address.',
    requestParams: { path: EndpointPath },
    requestBody: {
      required: true,
      content: { 'application/json': { schema: Change, example: EXAMPLE_BODY } },
    },
    responses: {
      '200': answer('The endpoint as it is now', WebhookEndpoint, EXAMPLE_ENDPOINT),
      ...refusals([
        ...ofAccess('manage'),
        ...LIVE_KEY,
        invalidInput(Change, { url: 'http://127.0.0.1/', event: ['message.sent'] }),
        ...BODY,
        ...ENDPOINT,
        ...CHANGE,
        ...TRANSACTION,
      ]),
    },
  }
}

const OF_CHANGE = refusals([...ofAccess('manage'), ...LIVE_KEY, ...ENDPOINT, ...CHANGE, ...TRANSACTION])
const OF_POST = refusals([
  ...ofAccess('manage'),
  ...LIVE_KEY,
  ...BODY,
  ...ENDPOINT,
  ...CHANGE,
  ...TRANSACTION,
])

export const DELETE: ZodOpenApiOperationObject = {
  operationId: 'deleteWebhook',
  tags: ['webhooks'],
  summary: 'Delete an endpoint',
  description: 'What waits for it is not sent any more. What is on its way arrives.',
  requestParams: { path: EndpointPath },
  responses: {
    '200': answer('Deleted', DeletedAnswer, { id: EXAMPLE_ENDPOINT.id, status: 'deleted' }),
    ...OF_CHANGE,
  },
}

const EMPTY = { required: true, content: { 'application/json': { schema: z.strictObject({}), example: {} } } }

export const ROTATE: ZodOpenApiOperationObject = {
  operationId: 'rotateWebhookSecret',
  tags: ['webhooks'],
  summary: 'Give an endpoint a new secret',
  description: `For ${OVERLAP_HOURS} hours each event has two signatures, one by either secret.`,
  requestParams: { path: EndpointPath },
  requestBody: EMPTY,
  responses: {
    '200': answer('The new secret', SecretAnswer, {
      secret: EXAMPLE_SECRET,
      previous_valid_until: '2026-01-20T08:30:00.000Z',
    }),
    ...OF_POST,
  },
}

export const CALLBACK_SECRET: ZodOpenApiOperationObject = {
  operationId: 'rotateCallbackSecret',
  tags: ['webhooks'],
  summary: 'Create or change the secret of callback_url',
  description: `Messages may have a \`callback_url\` from then on. A repeat makes a new secret; the one before signs too for ${OVERLAP_HOURS} hours.`,
  requestBody: EMPTY,
  responses: {
    '200': answer('The secret', SecretAnswer, { secret: EXAMPLE_SECRET, previous_valid_until: null }),
    ...refusals([...ofAccess('manage'), ...LIVE_KEY, ...BODY, ...CHANGE, ...TRANSACTION]),
  },
}

export const TEST: ZodOpenApiOperationObject = {
  operationId: 'testWebhook',
  tags: ['webhooks'],
  summary: 'Send a test to an endpoint',
  description: `An event \`webhook.test\`, sent once. If it is delivered, an endpoint resumes that answered 410 or failed for ${DISABLED_AFTER_DAYS} days.`,
  requestParams: { path: EndpointPath },
  requestBody: EMPTY,
  responses: {
    '202': answer('It will be sent', TestAnswer, { delivery_id: '019bd5a3-7d20-7c11-9e58-41b6c0d8f2a9' }),
    ...OF_POST,
  },
}

export const REPLAY: ZodOpenApiOperationObject = {
  operationId: 'replayWebhook',
  tags: ['webhooks'],
  summary: 'Send events again',
  description: 'They have the same `id` as before.',
  requestParams: { path: EndpointPath },
  requestBody: {
    required: true,
    content: { 'application/json': { schema: ReplayBody, example: { after: 40 } } },
  },
  responses: {
    '202': answer('They will be sent', WebhookEndpoint, EXAMPLE_ENDPOINT),
    ...refusals([
      ...ofAccess('manage'),
      ...LIVE_KEY,
      invalidInput(ReplayBody, { after: -1 }),
      ...BODY,
      ...ENDPOINT,
      ...CHANGE,
      ...TRANSACTION,
    ]),
  },
}
