import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { KeyedHeaders, readKeyed } from '../../idempotency/index.ts'
import type { AnswerOf } from '../../idempotency/index.ts'
import {
  answer,
  BODY,
  invalidInput,
  money,
  note,
  ofAccess,
  readInput,
  refusals,
  TRANSACTION,
  wholeNumber,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import type { Access } from '../../primitives/access.ts'
import { answerTopUp } from '../answerTopUp.ts'
import { OF_TOP_UP } from '../refuseTopUp.ts'
import { topUpDescription } from '../topUpDescription.ts'
import type { Added, TopUpDecision, TopUpRequest } from '../types.ts'

/** Names that other APIs use. */
const SYNONYMS = { user_id: ['customer_id', 'customer', 'user'], balance: ['amount', 'value', 'credit'] }

const Body = z.object({
  user_id: wholeNumber(1).meta({ description: 'The customer; an unknown one is created', examples: [1] }),
  balance: wholeNumber(1).meta({
    description: 'The amount to add, in the smallest currency unit',
    examples: [100],
  }),
  description: topUpDescription('top-up'),
})

const TopUpAnswer = z
  .object({
    user_id: z.int().meta({ description: 'The customer' }),
    balance: money('The balance after it'),
    transaction_id: z.string().meta({ description: 'Identifies the top-up in the ledger' }),
  })
  .meta({ id: 'TopUpAnswer' })

/** The admin that does it is recorded. */
export type TopUp = (request: TopUpRequest, access: Access) => Promise<TopUpDecision>

/** `POST /balance/add`: adds money to a balance, and creates an unknown customer. */
export function topUpRoute(topUp: TopUp): Route {
  return {
    method: 'post',
    path: '/balance/add',
    access: 'admin',
    mayBeOpen: true,
    operation,
    async handle(request, response, access) {
      const { user_id, balance, description } = readInput(Body, request.body, SYNONYMS)
      note(response, { customer_id: user_id })
      const answerOf: AnswerOf<Added> = (added) => ({ status: 200, body: toAnswer(user_id, added) })
      const keyed = readKeyed(request, { userId: user_id, route: 'balance/add', isTest: false }, answerOf)
      const decision = await topUp({ userId: user_id, amount: balance, description, keyed }, access)
      answerTopUp(response, decision, { answerOf, isKeyed: keyed !== undefined })
    },
  }
}

function toAnswer(userId: number, { balance, transactionId }: Added): z.input<typeof TopUpAnswer> {
  return { user_id: userId, balance, transaction_id: transactionId }
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'addBalance',
  tags: ['balance'],
  summary: 'Add money to a balance',
  requestParams: { header: KeyedHeaders },
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: Body,
        example: { user_id: 1, balance: 100, description: 'top-up' } satisfies z.input<typeof Body>,
      },
    },
  },
  responses: {
    '200': answer('Added', TopUpAnswer, {
      ...{ user_id: 1, balance: 100, transaction_id: '019bd59f-0b73-7d15-8c4e-91a2f6e03b58' },
    }),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(Body, { user_id: 1, amount: 100 }, SYNONYMS),
      ...BODY,
      ...OF_TOP_UP,
      ...TRANSACTION,
    ]),
  },
}
