import { z } from 'zod'
import {
  answer,
  answerJson,
  commonProblems,
  invalidRequest,
  nextCursor,
  note,
  pageFields,
  readInput,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import type { Endpoint, Route } from '../../platform/http/index.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import type { BalanceCursor, BalancePage, BalanceQuery } from '../types.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'ledger1'

const Query = z.object({ user_id: wholeNumberInQuery(1), ...pageFields })

const BalanceAnswer = z
  .object({
    balance: z.int(),
    transactions: z.array(
      z
        .object({
          transaction_id: z.string(),
          amount: z.int().meta({ description: 'Signed; all amounts of a customer sum to the balance' }),
          transaction_type: z.string().meta({ description: 'topup, charge or refund' }),
          description: z.string(),
          created_at: z.iso.datetime(),
        })
        .meta({ id: 'LedgerItem' }),
    ),
    next_cursor: nextCursor,
  })
  .meta({ id: 'BalanceAnswer' })

/** `GET /balance`: a customer's balance and the ledger that explains it, newest first. */
export function balanceRoute(readBalance: (query: BalanceQuery) => Promise<BalancePage>): Route {
  return {
    ...balanceEndpoint,
    async handle(request, response) {
      const { user_id, limit, cursor } = readInput(Query, request.query)
      note(response, { customer_id: user_id })
      const page = await readBalance({
        userId: user_id,
        limit,
        cursor: cursor === undefined ? undefined : fromWire(cursor),
      })
      answerJson(response, {
        balance: page.balance,
        transactions: page.transactions.map((item) => ({
          transaction_id: item.transactionId,
          amount: item.amount,
          transaction_type: item.transactionType,
          description: item.description,
          created_at: item.createdAt.toISOString(),
        })),
        next_cursor: page.nextCursor && encodeCursor(CURSOR_KIND, [page.nextCursor.seq]),
      } satisfies z.input<typeof BalanceAnswer>)
    },
  }
}

function fromWire(wire: string): BalanceCursor {
  const [number, ...rest] = decodeCursor(CURSOR_KIND, wire) ?? []
  const seq = parseWholeNumber(number ?? '')
  if (seq === undefined || rest.length > 0) {
    throw invalidRequest([{ field: 'cursor', message: 'is not a cursor of this list' }], 'invalid_cursor')
  }
  return { seq }
}

export const balanceEndpoint: Endpoint = {
  method: 'get',
  path: '/balance',
  operation: {
    operationId: 'readBalance',
    tags: ['balance'],
    summary: 'The balance and the transactions that explain it, newest first',
    description: 'An unknown customer has balance 0 and no transactions. Also `invalid_cursor` with 400.',
    requestParams: { query: Query },
    responses: { '200': answer('The balance and a page of transactions', BalanceAnswer), ...commonProblems },
  },
}
