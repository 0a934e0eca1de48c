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
  toProblem,
  TRANSACTION,
} from '../../platform/http/index.ts'
import type { Refusal, Synonyms } from '../../platform/http/index.ts'
import { LIMITED } from './describeLimited.ts'
import { refuseSend } from './refuseSend.ts'

export const SendAnswer = z
  .object({
    sms_identifier: z.uuid().meta({ description: 'Identifies the message in the history' }),
    status: z.literal('processing'),
    recipients: z.int().meta({ description: 'Number of recipients, after removing equal ones' }),
    cost: money('What was charged for all recipients'),
  })
  .meta({ id: 'SendAnswer' })

const InsufficientBalance = ProblemSchema.extend({
  cost: money('What the message costs'),
  balance: money("The customer's balance"),
  shortfall: money('The cost less the balance'),
}).meta({ id: 'InsufficientBalance' })

const SendUnavailable = ProblemSchema.extend({
  sms_identifier: z
    .uuid()
    .optional()
    .meta({ description: 'With `outcome_unknown`: the message to look up in the history' }),
}).meta({ id: 'SendUnavailable' })

const EXAMPLE_IDENTIFIER = '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043'

export const Backlog = ProblemSchema.extend({
  backlog_age_seconds: z.int().meta({ description: 'How long the oldest normal message has waited' }),
  retry_after_seconds: z.int().meta({ description: 'As `Retry-After`' }),
}).meta({ id: 'Backlog' })

/** Also of a bulk with a normal message. */
export const BACKLOG: Refusal = {
  when: 'a normal message, while the oldest one has waited for too long (`BACKLOG_AGE_MAX`)',
  example: toProblem(refuseSend({ kind: 'backlog', ageSeconds: 912, retryAfterSeconds: 12 })),
  schema: Backlog,
}

const NORMAL = {
  customer_id: 1,
  text: 'Your parcel arrives today.',
  recipients: ['09128582812', '091285284834'],
  type: 'normal',
}

const EXPRESS = { ...NORMAL, text: 'Your code is 424242', recipients: ['+989128582812'], type: 'express' }

const EXAMPLE: z.input<typeof SendAnswer> = {
  sms_identifier: EXAMPLE_IDENTIFIER,
  status: 'processing',
  recipients: 2,
  cost: 2,
}

/** What `POST /sms/send` promises, for the OpenAPI document. */
export function describeSend(body: z.ZodObject, synonyms: Synonyms): ZodOpenApiOperationObject {
  const wrong = { user_id: 1, text: '', recipients: ['09128582812', '0912call'] }
  return {
    operationId: 'sendSms',
    tags: ['messages'],
    summary: 'Send a text to one or more recipients',
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
            normal: { summary: 'A normal message to two recipients', value: NORMAL },
            express: { summary: 'An express message', value: EXPRESS },
          },
        },
      },
    },
    responses: {
      '200': answer('Accepted and charged', SendAnswer, EXAMPLE),
      ...refusals([
        ...ofAccess('send'),
        invalidInput(body, wrong, synonyms),
        ...BODY,
        ...OF_THE_DECISION,
        ...KEYED,
        ...TRANSACTION,
      ]),
    },
  }
}

/** Of a request that sends. */
export const OF_TEST_KEYS =
  'What a test key sends costs nothing and goes to the test operator alone; it uses the limit of message parts, and is ' +
  'marked with `test` where messages are read.'

/** Of a request that charges and accepts a message. */
export const OF_THE_DECISION: Refusal[] = [
  {
    when: 'the balance does not cover all recipients',
    example: toProblem(refuseSend({ kind: 'insufficient_balance', cost: 6, balance: 5 })),
    schema: InsufficientBalance,
  },
  ...LIMITED,
  BACKLOG,
  {
    when: "another change to this customer's balance is in progress",
    example: toProblem(refuseSend({ kind: 'account_locked' })),
  },
  {
    when: 'messages cannot be accepted at the moment',
    example: toProblem(refuseSend({ kind: 'unavailable', retryAfterSeconds: 1 })),
  },
  {
    when: 'the message may or may not have been accepted; look up `sms_identifier` in the history before sending again',
    example: toProblem(refuseSend({ kind: 'outcome_unknown', smsIdentifier: EXAMPLE_IDENTIFIER })),
    schema: SendUnavailable,
  },
]
