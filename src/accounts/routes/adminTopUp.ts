import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { refuseTopUp, topUpDescription, TopUpUnavailable } from '../../ledger/index.ts'
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
import type { Route } from '../../platform/http/index.ts'
import type { AccountActions } from './actions.ts'
import { CustomerPath } from './adminCustomers.ts'
import { EXAMPLE_CUSTOMER } from './customerFields.ts'
import { CUSTOMER, customerNotFound } from './refuse.ts'

/** Money that an admin adds. */
export const CreditBody = z.strictObject({
  amount_cents: wholeNumber(1).meta({
    description: 'The amount to add, in the smallest currency unit',
    examples: [10_000],
  }),
  description: topUpDescription('invoice 17'),
})

const CreditAnswer = z
  .object({
    id: z.uuid().meta({ description: 'The customer' }),
    credit_cents: money('The balance after it'),
    transaction_id: z.string().meta({ description: 'Identifies the top-up in the ledger' }),
  })
  .meta({ id: 'CreditAnswer' })

/** `POST /v1/admin/customers/{id}/top-up`: adds money to a customer's balance. */
export function topUpCustomerRoute({ topUpCustomer }: AccountActions): Route {
  return {
    method: 'post',
    path: '/v1/admin/customers/:id/top-up',
    access: 'admin',
    operation,
    async handle(request, response, access) {
      const { amount_cents: amount, description } = readInput(CreditBody, request.body)
      const id = String(request.params['id'])
      const decision = await topUpCustomer(id, { amount, description }, access.actor)
      if (!decision) throw customerNotFound()
      if (decision.kind !== 'added') throw refuseTopUp(decision)
      note(response, { transaction_id: decision.transactionId })
      answerJson(response, {
        id: id.toLowerCase(),
        credit_cents: decision.balance,
        transaction_id: decision.transactionId,
      } satisfies z.input<typeof CreditAnswer>)
    },
  }
}

const EXAMPLE_ID = '019bd59f-0b73-7d15-8c4e-91a2f6e03b58'

const operation: ZodOpenApiOperationObject = {
  operationId: 'topUpCustomer',
  tags: ['admin'],
  summary: "Add money to a customer's balance",
  requestParams: { path: CustomerPath },
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: CreditBody,
        example: { amount_cents: 10_000, description: 'invoice 17' } satisfies z.input<typeof CreditBody>,
      },
    },
  },
  responses: {
    '200': answer('Added', CreditAnswer, {
      id: EXAMPLE_CUSTOMER.id,
      credit_cents: 10_000,
      transaction_id: EXAMPLE_ID,
    }),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(CreditBody, { amount: 100 }),
      ...BODY,
      ...CUSTOMER,
      { when: 'the balance would be too large', example: refuseTopUp({ kind: 'balance_limit' }) },
      {
        when: 'the money may or may not have been added; look up `transaction_id` before adding it again',
        example: refuseTopUp({ kind: 'outcome_unknown', transactionId: EXAMPLE_ID }),
        schema: TopUpUnavailable,
      },
      ...TRANSACTION,
    ]),
  },
}
