import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
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
import type { Refusal, Route } from '../../platform/http/index.ts'
import type { Access } from '../../primitives/access.ts'
import { TOPPED_UP_MAX } from '../../primitives/money.ts'
import { refuseTopUp, TopUpUnavailable } from '../refuseTopUp.ts'
import { topUpDescription } from '../topUpDescription.ts'
import type { TopUpRequest, TopUpDecision } from '../types.ts'

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
      const decision = await topUp({ userId: user_id, amount: balance, description }, access)
      if (decision.kind !== 'added') throw refuseTopUp(decision)
      note(response, { transaction_id: decision.transactionId })
      answerJson(response, {
        user_id,
        balance: decision.balance,
        transaction_id: decision.transactionId,
      } satisfies z.input<typeof TopUpAnswer>)
    },
  }
}

const EXAMPLE_ID = '019bd59f-0b73-7d15-8c4e-91a2f6e03b58'

const OF_THE_DECISION: Refusal[] = [
  {
    when: `the balance would be above ${TOPPED_UP_MAX}`,
    example: refuseTopUp({ kind: 'balance_limit' }),
  },
  {
    when: 'the money may or may not have been added; look up `transaction_id` in the balance before adding it again',
    example: refuseTopUp({ kind: 'outcome_unknown', transactionId: EXAMPLE_ID }),
    schema: TopUpUnavailable,
  },
]

const operation: ZodOpenApiOperationObject = {
  operationId: 'addBalance',
  tags: ['balance'],
  summary: 'Add money to a balance',
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
    '200': answer('Added', TopUpAnswer, { user_id: 1, balance: 100, transaction_id: EXAMPLE_ID }),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(Body, { user_id: 1, amount: 100 }, SYNONYMS),
      ...BODY,
      ...OF_THE_DECISION,
      ...TRANSACTION,
    ]),
  },
}
