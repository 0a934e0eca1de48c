import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  DATABASE,
  invalidQuery,
  LIST,
  money,
  nextCursor,
  note,
  ofAccess,
  pageFields,
  readQuery,
  refusals,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerServed } from '../../primitives/access.ts'
import type { BalancePage, BalanceQuery } from '../types.ts'
import { EXAMPLE_PAGE, LedgerItem, removedFields, toBalanceCursor, toWire } from './ledgerPage.ts'

const SYNONYMS = { user_id: ['customer_id', 'customer', 'user'] }

const Query = z.object({
  user_id: wholeNumberInQuery(1).meta({ description: 'The customer', param: { example: 1 } }),
  ...pageFields,
})

const BalanceAnswer = z
  .object({
    balance: money('What the customer can spend'),
    transactions: z.array(LedgerItem),
    next_cursor: nextCursor,
    ...removedFields,
  })
  .meta({ id: 'BalanceAnswer' })

export type ReadBalance = (query: BalanceQuery) => Promise<BalancePage>

/** `GET /balance`: a customer's balance and the ledger that explains it, newest first. */
export function balanceRoute(readBalance: ReadBalance): Route {
  return {
    method: 'get',
    path: '/balance',
    access: 'read',
    mayBeOpen: true,
    operation,
    async handle(request, response, access) {
      const { user_id, limit, cursor } = readQuery(Query, request.query, SYNONYMS)
      note(response, { customer_id: user_id })
      const page = await readBalance({
        userId: customerServed(access, user_id),
        limit,
        cursor: cursor === undefined ? undefined : toBalanceCursor(cursor),
      })
      answerJson(response, { balance: page.balance, ...toWire(page) } satisfies z.input<typeof BalanceAnswer>)
    },
  }
}

const EXAMPLE: z.input<typeof BalanceAnswer> = { balance: 99, ...EXAMPLE_PAGE }

const operation: ZodOpenApiOperationObject = {
  operationId: 'readBalance',
  tags: ['balance'],
  summary: 'Read a balance and its transactions, newest first',
  description: 'An unknown customer has balance 0 and no transactions.',
  requestParams: { query: Query },
  responses: {
    '200': answer('The balance and a page of transactions', BalanceAnswer, EXAMPLE),
    ...refusals([
      ...ofAccess('read'),
      invalidQuery(Query, { customer_id: '1' }, SYNONYMS),
      ...LIST,
      ...DATABASE,
    ]),
  },
}
