import { z } from 'zod'
import {
  answer,
  answerJson,
  bodyProblems,
  commonProblems,
  note,
  problem,
  readInput,
  storableText,
  wholeNumber,
} from '../../platform/http/index.ts'
import type { Endpoint, Route } from '../../platform/http/index.ts'
import { Problem } from '../../primitives/problem.ts'
import type { TopUpRequest, TopUpDecision } from '../types.ts'

/** The ledger's column holds as much. */
const DESCRIPTION_CHARS_MAX = 255

const Body = z.object({
  user_id: wholeNumber(1).meta({ example: 1 }),
  balance: wholeNumber(1).meta({ description: 'How much to add', example: 100 }),
  description: storableText(0, DESCRIPTION_CHARS_MAX).default('').meta({ example: 'top-up' }),
})

const TopUpAnswer = z
  .object({ user_id: z.int(), balance: z.int(), transaction_id: z.string() })
  .meta({ id: 'TopUpAnswer' })

/** `POST /balance/add`: adds money; an unknown customer comes into being. */
export function topUpRoute(topUp: (request: TopUpRequest) => Promise<TopUpDecision>): Route {
  return {
    ...topUpEndpoint,
    async handle(request, response) {
      const { user_id, balance, description } = readInput(Body, request.body)
      note(response, { customer_id: user_id })
      const added = orThrow(await topUp({ userId: user_id, amount: balance, description }))
      note(response, { transaction_id: added.transactionId })
      answerJson(response, {
        user_id,
        balance: added.balance,
        transaction_id: added.transactionId,
      } satisfies z.input<typeof TopUpAnswer>)
    },
  }
}

function orThrow(verdict: TopUpDecision): Extract<TopUpDecision, { kind: 'added' }> {
  switch (verdict.kind) {
    case 'added':
      return verdict
    case 'balance_limit':
      throw new Problem(409, 'balance_limit', 'The balance would become larger than can be counted exactly.')
    case 'outcome_unknown':
      // No Retry-After: a client that repeats on its own would add the money twice.
      throw new Problem(
        503,
        'outcome_unknown',
        'The money may or may not have been added. Look for the transaction_id in the balance before adding again.',
        { members: { transaction_id: verdict.transactionId } },
      )
  }
}

export const topUpEndpoint: Endpoint = {
  method: 'post',
  path: '/balance/add',
  operation: {
    operationId: 'addBalance',
    tags: ['balance'],
    summary: 'Add money to a balance',
    requestBody: { required: true, content: { 'application/json': { schema: Body } } },
    responses: {
      '200': answer('Added', TopUpAnswer),
      '409': problem('`balance_limit`: the balance would pass 2^53-1. Nothing changed.'),
      ...commonProblems,
      ...bodyProblems,
    },
  },
}
