import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  DATABASE,
  invalidQuery,
  LIST,
  nextCursor,
  note,
  ofAccess,
  pageFields,
  readQuery,
  refusals,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { ReadBalance } from './balance.ts'
import { EXAMPLE_PAGE, LedgerItem, removedFields, toBalanceCursor, toWire } from './ledgerPage.ts'

const Query = z.strictObject(pageFields)

const TransactionsAnswer = z
  .object({ transactions: z.array(LedgerItem), next_cursor: nextCursor, ...removedFields })
  .meta({ id: 'TransactionsAnswer' })

/** `GET /v1/transactions`: the ledger of the key's customer, newest first. */
export function transactionsRoute(readBalance: ReadBalance): Route {
  return {
    method: 'get',
    path: '/v1/transactions',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      const { limit, cursor } = readQuery(Query, request.query)
      note(response, { customer_id: userId })
      const page = await readBalance({
        userId,
        limit,
        cursor: cursor === undefined ? undefined : toBalanceCursor(cursor),
      })
      answerJson(response, toWire(page) satisfies z.input<typeof TransactionsAnswer>)
    },
  }
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listTransactions',
  tags: ['account'],
  summary: "List the customer's transactions, newest first",
  requestParams: { query: Query },
  responses: {
    '200': answer('A page of transactions', TransactionsAnswer, EXAMPLE_PAGE),
    ...refusals([...ofAccess('read'), invalidQuery(Query, { limit: '5000' }), ...LIST, ...DATABASE]),
  },
}
