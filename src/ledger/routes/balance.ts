import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import type { TransactionType } from '../../../db/schema.ts'
import {
  answer,
  answerJson,
  DATABASE,
  invalidCursor,
  invalidInput,
  LIST,
  money,
  nextCursor,
  note,
  pageFields,
  readInput,
  refusals,
  time,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import type { BalanceCursor, BalancePage, BalanceQuery } from '../types.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'ledger1'

const TRANSACTION_TYPES = ['topup', 'charge', 'refund'] as const satisfies readonly TransactionType[]

const SYNONYMS = { user_id: ['customer_id', 'customer', 'user'] }

const Query = z.object({
  user_id: wholeNumberInQuery(1).meta({ description: 'The customer', param: { example: 1 } }),
  ...pageFields,
})

const BalanceAnswer = z
  .object({
    balance: money('What the customer can spend'),
    transactions: z.array(
      z
        .object({
          transaction_id: z.string().meta({
            description:
              "A charge's is the message's `sms_identifier`; a refund's ends with the recipient's number",
          }),
          amount: money('Signed; all amounts of a customer sum to its balance'),
          transaction_type: z.enum(TRANSACTION_TYPES),
          description: z.string().meta({ description: 'In words; may be empty' }),
          created_at: time('When it was booked'),
        })
        .meta({ id: 'LedgerItem' }),
    ),
    next_cursor: nextCursor,
  })
  .meta({ id: 'BalanceAnswer' })

export type ReadBalance = (query: BalanceQuery) => Promise<BalancePage>

/** `GET /balance`: a customer's balance and the ledger that explains it, newest first. */
export function balanceRoute(readBalance: ReadBalance): Route {
  return {
    method: 'get',
    path: '/balance',
    access: 'customer',
    operation,
    async handle(request, response) {
      const { user_id, limit, cursor } = readInput(Query, request.query, SYNONYMS)
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
        next_cursor: page.nextCursor && toCursor(page.nextCursor),
      } satisfies z.input<typeof BalanceAnswer>)
    },
  }
}

function toCursor({ seq }: BalanceCursor): string {
  return encodeCursor(CURSOR_KIND, [seq])
}

function fromWire(wire: string): BalanceCursor {
  const [number, ...rest] = decodeCursor(CURSOR_KIND, wire) ?? []
  const seq = parseWholeNumber(number ?? '')
  if (seq === undefined || rest.length > 0) throw invalidCursor()
  return { seq }
}

const EXAMPLE: z.input<typeof BalanceAnswer> = {
  balance: 99,
  transactions: [
    {
      transaction_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043:2',
      amount: 1,
      transaction_type: 'refund',
      description: 'refund: invalid number',
      created_at: '2026-01-19T08:30:00.391Z',
    },
    {
      transaction_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
      amount: -2,
      transaction_type: 'charge',
      description: '2 normal messages',
      created_at: '2026-01-19T08:30:00.142Z',
    },
    {
      transaction_id: '019bd59f-0b73-7d15-8c4e-91a2f6e03b58',
      amount: 100,
      transaction_type: 'topup',
      description: 'top-up',
      created_at: '2026-01-19T08:27:33.107Z',
    },
  ],
  next_cursor: null,
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'readBalance',
  tags: ['balance'],
  summary: 'Read a balance and its transactions, newest first',
  description: 'An unknown customer has balance 0 and no transactions.',
  requestParams: { query: Query },
  responses: {
    '200': answer('The balance and a page of transactions', BalanceAnswer, EXAMPLE),
    ...refusals([invalidInput(Query, { customer_id: '1' }, SYNONYMS), ...LIST, ...DATABASE]),
  },
}
