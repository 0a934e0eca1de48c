import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { KEYED, KeyedHeaders } from '../../../idempotency/index.ts'
import {
  answer,
  BODY,
  bodyTooLarge,
  money,
  ofAccess,
  ProblemSchema,
  refusals,
  toProblem,
  TRANSACTION,
} from '../../../platform/http/index.ts'
import type { Refusal } from '../../../platform/http/index.ts'
import { formatCount } from '../../../primitives/text.ts'
import { bulkIncomplete } from '../../bulk/endEarly.ts'
import { RATE_LIMIT_EXAMPLE, RateLimit, SpendLimit } from '../describeLimited.ts'
import { BACKLOG } from '../describeSend.ts'
import { PriceExceeded } from '../describeSendMessage.ts'
import { refuseSend } from '../refuseSend.ts'
import { BULK_BODY_BYTES_MAX, BULK_VALUES_MAX, refusalOfBulk } from './bulkBody.ts'
import { refuseBulk } from './refuseBulk.ts'

const BulkResult = z
  .object({
    index: z.int().meta({ description: 'Place of the message in the request, from 0' }),
    message_id: z
      .uuid()
      .optional()
      .meta({ description: 'Identifies the message; it was accepted, unless `code` is `outcome_unknown`' }),
    code: z.string().optional().meta({
      description:
        'Why it was not accepted: the code that the message alone would get, or `cancelled`: the bulk was cancelled first',
    }),
    detail: z.string().optional().meta({ description: 'The reason in words' }),
  })
  .meta({ id: 'BulkResult' })

export const BulkAnswer = z
  .object({
    bulk_id: z
      .uuid()
      .nullable()
      .meta({ description: 'Identifies the bulk; null when no message was accepted, and nothing is kept' }),
    accepted: z.int().meta({ description: 'Messages that were accepted' }),
    refused: z.int().meta({ description: 'The others' }),
    cost: money('What was charged for all messages'),
    results: z.array(BulkResult).meta({ description: 'Of each message, in the order of the request' }),
  })
  .meta({ id: 'BulkAnswer' })

const InsufficientForBulk = ProblemSchema.extend({
  cost: money('What all messages cost'),
  balance: money("The customer's balance"),
  shortfall: money('The cost less the balance'),
}).meta({ id: 'InsufficientForBulk' })

const EXAMPLE_BODY = {
  messages: [
    { to: '+989120000001', text: 'Your order 1843 was sent.' },
    { to: '+989120000002', text: 'Your order 1844 was sent.', type: 'express' },
    { to: '0912call', text: 'Your order 1845 was sent.' },
  ],
}

const EXAMPLE_DETAIL =
  'to must be a telephone number: digits, optionally after a +, with spaces, dashes or brackets.'

const EXAMPLE: z.input<typeof BulkAnswer> = {
  bulk_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040',
  ...{ accepted: 2, refused: 1, cost: 4 },
  results: [
    { index: 0, message_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f041' },
    { index: 1, message_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f042' },
    { index: 2, code: 'invalid_request', detail: EXAMPLE_DETAIL },
  ],
}

/** What this wrong body is answered with. */
const WRONG = refusalOfBulk({ messages: [], all_or_nothng: true })

const SHORT = { kind: 'insufficient_balance', cost: 1, balance: 0 } as const

/** Of all or nothing. */
const TOGETHER: Refusal[] = [
  {
    when: 'all or nothing, and the balance does not cover all messages',
    example: refuseBulk({ kind: 'short', cost: 6, balance: 5, items: [{ index: 5, refusal: SHORT }] }),
    schema: InsufficientForBulk,
  },
  {
    when: 'all or nothing, and a message costs more than its `max_price`',
    example: refuseBulk({
      kind: 'refused',
      items: [{ index: 1, refusal: { kind: 'price_exceeded', cost: 6, maxPrice: 5 } }],
    }),
    schema: PriceExceeded,
  },
  {
    when: "all or nothing, and the customer's limit of spending in the day or the month does not admit all of them",
    example: refuseBulk({
      kind: 'refused',
      items: [
        {
          index: 1,
          refusal: {
            ...{ kind: 'spend_limit', period: 'day', limit: 500, spent: 498 },
            resetsAtMs: Date.UTC(2026, 0, 20),
          },
        },
      ],
    }),
    schema: SpendLimit,
  },
  {
    when: "all or nothing, and by the customer's sending window or rate one of them would leave more than 7 days late",
    example: refuseBulk({
      kind: 'refused',
      items: [{ index: 1, refusal: { kind: 'delayed_too_far', retryAfterMs: 90_000 } }],
    }),
    schema: RateLimit,
  },
  {
    when: "all or nothing, and the customer's limit of message parts does not admit all of them; `Retry-After` says for how long",
    example: refuseBulk({ kind: 'limited', ...RATE_LIMIT_EXAMPLE }),
    schema: RateLimit,
  },
]

/** Of a bulk as a whole. */
const AS_A_WHOLE: Refusal[] = [
  BACKLOG,
  {
    when: "another change to this customer's balance is in progress",
    example: toProblem(refuseSend({ kind: 'account_locked' })),
  },
  {
    when: 'with an `Idempotency-Key`: the bulk was interrupted; repeat the same request',
    example: toProblem(bulkIncomplete()),
  },
]

const OWN_BODY: Refusal[] = BODY.map((refusal) =>
  refusal.example.code === 'body_too_large'
    ? {
        when: `the body is longer than 16 MiB, or has more than ${formatCount(BULK_VALUES_MAX)} values`,
        example: bodyTooLarge(BULK_BODY_BYTES_MAX),
      }
    : refusal,
)

/** What `POST /v1/messages/bulk` promises, for the OpenAPI document. */
export function describeSendBulk(body: z.ZodObject): ZodOpenApiOperationObject {
  return {
    operationId: 'sendBulk',
    tags: ['messages'],
    summary: 'Send many different messages in one request',
    description:
      'Each message is accepted or refused by itself, in order; a refused one has a `code` in `results`. With `all_or_nothing` ' +
      'one that is refused refuses all. A repeat with the same `Idempotency-Key` gets the first results, refusals ' +
      'included, unless no message was accepted. Without a key, messages that could not be decided any more are refused ' +
      'as `unavailable`. When the bulk is cancelled meanwhile, messages that are not decided yet are refused as `cancelled`.',
    requestParams: { header: KeyedHeaders },
    requestBody: {
      required: true,
      content: { 'application/json': { schema: body, example: EXAMPLE_BODY } },
    },
    responses: {
      '202': answer('Decided: some messages, or none, were accepted and charged', BulkAnswer, EXAMPLE),
      ...refusals([
        ...ofAccess('send'),
        { when: 'fields are missing or wrong; `errors` lists them', example: WRONG },
        ...OWN_BODY,
        ...TOGETHER,
        ...AS_A_WHOLE,
        ...KEYED,
        ...TRANSACTION,
      ]),
    },
  }
}
