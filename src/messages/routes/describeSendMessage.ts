import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { KEYED, KeyedHeaders } from '../../idempotency/index.ts'
import {
  answer,
  BODY,
  invalidInput,
  money,
  ofAccess,
  ProblemSchema,
  refusals,
  time,
  TRANSACTION,
} from '../../platform/http/index.ts'
import { callbackSecretRequired } from '../callbackSecretRequired.ts'
import { OF_TEST_KEYS, OF_THE_DECISION } from './describeSend.ts'
import { priceExceeded, senderNotAllowed } from './refuseSend.ts'
import { V1_SYNONYMS } from './v1Fields.ts'

export const MessageAnswer = z
  .object({
    message_id: z.uuid().meta({ description: 'Identifies the message' }),
    status: z
      .enum(['QUEUED', 'SCHEDULED'])
      .meta({ description: '`SCHEDULED`: it waits for its `send_at`, or until `delayed_until`' }),
    delayed_until: time('When the last of it leaves').optional().meta({
      description:
        "When the last of it leaves by the customer's sending window or rate; absent where neither delays it",
    }),
    recipients: z.int().meta({ description: 'Number of recipients, after removing equal ones' }),
    parts: z.int().meta({ description: 'Parts of the text, for one recipient' }),
    encoding: z.enum(['gsm7', 'ucs2']),
    cost: money('What was charged for all recipients'),
  })
  .meta({ id: 'MessageAnswer' })

export const PriceExceeded = ProblemSchema.extend({
  cost: money('What the message costs'),
  max_price: money('The most that the request allowed'),
}).meta({ id: 'PriceExceeded' })

const ONE = { to: '+989120000001', from: 'Example', text: 'Your code is 424242', type: 'express' }
const SCHEDULED = {
  ...{ to: ['+989120000001', '+14155550100'], text: 'Your parcel arrives tomorrow.' },
  max_price: 10,
}

const EXAMPLE: z.input<typeof MessageAnswer> = {
  message_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
  ...{ status: 'QUEUED', recipients: 1, parts: 1, encoding: 'gsm7', cost: 3 },
}

/** What `POST /v1/messages` promises, for the OpenAPI document. */
export function describeSendMessage(body: z.ZodObject): ZodOpenApiOperationObject {
  return {
    operationId: 'sendMessage',
    tags: ['messages'],
    summary: 'Send a text to one or more recipients, at once or at a later time',
    description:
      'All recipients are accepted and charged, or none is. A recipient that no operator accepts is refunded later. ' +
      OF_TEST_KEYS,
    requestParams: { header: KeyedHeaders },
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: body,
          examples: {
            one: { summary: 'An express message', value: ONE },
            several: { summary: 'Two recipients, and a bound on the price', value: SCHEDULED },
          },
        },
      },
    },
    responses: {
      '202': answer('Accepted and charged', MessageAnswer, EXAMPLE),
      ...refusals([
        ...ofAccess('send'),
        invalidInput(body, { to: '+989120000001', text: '', sendat: '2027-03-01T09:00:00Z' }, V1_SYNONYMS),
        ...BODY,
        {
          when: 'the message costs more than `max_price`',
          example: priceExceeded(6, 5),
          schema: PriceExceeded,
        },
        {
          when: 'it has a `callback_url`, and no secret signs its events yet',
          example: callbackSecretRequired(),
        },
        { when: '`from` is none of the senders that the customer may name', example: senderNotAllowed() },
        ...OF_THE_DECISION,
        ...KEYED,
        ...TRANSACTION,
      ]),
    },
  }
}
