import { z } from 'zod'
import { historyBeginsAtField, invalidCursor, money, time } from '../../platform/http/index.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import { TRANSACTION_TYPES } from '../transactionTypes.ts'
import type { BalanceCursor, BalancePage } from '../types.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'ledger1'

/** A row of the ledger as every route shows it. */
export const LedgerItem = z
  .object({
    transaction_id: z.string().meta({
      description:
        "A charge's is the message's `sms_identifier`; what goes back for a recipient ends with the recipient's number",
    }),
    amount: money('Signed; all amounts of a customer, and what is brought forward, sum to its balance'),
    transaction_type: z.enum(TRANSACTION_TYPES).meta({
      description:
        '`refund`: of a failed or cancelled recipient whose price was captured at acceptance. `release`: of any other ' +
        'recipient whose price goes back. `compensation`: for a missed guarantee. A recipient has at most one of them',
    }),
    description: z.string().meta({ description: 'In words; may be empty' }),
    created_at: time('When it was booked'),
  })
  .meta({ id: 'LedgerItem' })

/** Of a ledger whose old rows are removed. */
export const removedFields = {
  history_begins_at: historyBeginsAtField,
  brought_forward: money('What the removed transactions came to; left out while none were').optional(),
}

interface WirePage {
  transactions: z.input<typeof LedgerItem>[]
  next_cursor: string | null
  history_begins_at?: string | undefined
  brought_forward?: number | undefined
}

export function toWire({ transactions, nextCursor, removed }: BalancePage): WirePage {
  return {
    transactions: transactions.map((item) => ({
      transaction_id: item.transactionId,
      amount: item.amount,
      transaction_type: item.transactionType,
      description: item.description,
      created_at: item.createdAt.toISOString(),
    })),
    next_cursor: nextCursor && encodeCursor(CURSOR_KIND, [nextCursor.seq]),
    ...(removed ? { history_begins_at: removed.beginsAt, brought_forward: removed.broughtForward } : {}),
  }
}

/** @throws Problem 400 `invalid_cursor`. */
export function toBalanceCursor(wire: string): BalanceCursor {
  const [number, ...rest] = decodeCursor(CURSOR_KIND, wire) ?? []
  const seq = parseWholeNumber(number ?? '')
  if (seq === undefined || rest.length > 0) throw invalidCursor()
  return { seq }
}

export const EXAMPLE_PAGE: WirePage = {
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
