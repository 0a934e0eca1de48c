import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { KeyedHeaders, readKeyed } from '../../idempotency/index.ts'
import type { AnswerOf } from '../../idempotency/index.ts'
import { answerTopUp, OF_TOP_UP, topUpDescription } from '../../ledger/index.ts'
import type { Added } from '../../ledger/index.ts'
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
export function topUpCustomerRoute({ readCustomer, topUpCustomer }: AccountActions): Route {
  return {
    method: 'post',
    path: '/v1/admin/customers/:id/top-up',
    access: 'admin',
    operation,
    async handle(request, response, access) {
      const { amount_cents: amount, description } = readInput(CreditBody, request.body)
      const customer = await readCustomer(String(request.params['id']))
      if (!customer) throw customerNotFound()
      const { userId, publicId } = customer
      note(response, { customer_id: userId })
      const answerOf: AnswerOf<Added> = (added) => ({ status: 200, body: toAnswer(publicId, added) })
      const keyed = readKeyed(request, { userId, route: 'admin/top-up', isTest: false }, answerOf)
      const decision = await topUpCustomer({ userId, amount, description, keyed }, access.actor)
      answerTopUp(response, decision, { answerOf, isKeyed: keyed !== undefined })
    },
  }
}

function toAnswer(publicId: string, { balance, transactionId }: Added): z.input<typeof CreditAnswer> {
  return { id: publicId, credit_cents: balance, transaction_id: transactionId }
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'topUpCustomer',
  tags: ['admin'],
  summary: "Add money to a customer's balance",
  requestParams: { path: CustomerPath, header: KeyedHeaders },
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
      transaction_id: '019bd59f-0b73-7d15-8c4e-91a2f6e03b58',
    }),
    ...refusals([
      ...ofAccess('admin'),
      invalidInput(CreditBody, { amount: 100 }),
      ...BODY,
      ...CUSTOMER,
      ...OF_TOP_UP,
      ...TRANSACTION,
    ]),
  },
}
