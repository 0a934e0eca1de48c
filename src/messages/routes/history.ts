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
import { isIdentifier } from '../../primitives/identifier.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import { STATES } from '../states.ts'
import type { HistoryCursor, HistoryItem, HistoryPage, HistoryQuery } from '../types.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'history1'

const Query = z.object({
  user_id: wholeNumberInQuery(1),
  status: z
    .string()
    .toLowerCase()
    .pipe(z.enum(STATES))
    .optional()
    .meta({ override: { type: 'string', enum: [...STATES] } }),
  sms_identifier: z
    .string()
    .toLowerCase()
    .refine(isIdentifier, 'must be a UUID')
    .optional()
    .meta({ format: 'uuid', description: 'One request only' }),
  ...pageFields,
})

const HistoryAnswer = z
  .object({
    history: z.array(
      z
        .object({
          user_id: z.int(),
          sms_identifier: z.uuid(),
          recipient: z.string(),
          type: z.enum(['normal', 'express']),
          status: z.enum(STATES),
          provider: z
            .string()
            .meta({ description: 'The operator that took or rejected it; empty until one did' }),
          created_at: z.iso.datetime(),
          updated_at: z.iso.datetime(),
        })
        .meta({ id: 'HistoryItem' }),
    ),
    next_cursor: nextCursor,
  })
  .meta({ id: 'HistoryAnswer' })

/** `GET /sms/history`: what became of each recipient, newest first. */
export function historyRoute(readHistory: (query: HistoryQuery) => Promise<HistoryPage>): Route {
  return {
    ...historyEndpoint,
    async handle(request, response) {
      const { user_id, status, sms_identifier, limit, cursor } = readInput(Query, request.query)
      note(response, { customer_id: user_id })
      const page = await readHistory({
        userId: user_id,
        status,
        smsIdentifier: sms_identifier,
        limit,
        cursor: cursor === undefined ? undefined : fromWire(cursor),
      })
      answerJson(response, {
        history: page.items.map(toWire),
        next_cursor:
          page.nextCursor &&
          encodeCursor(CURSOR_KIND, [page.nextCursor.smsIdentifier, page.nextCursor.recipientNo]),
      } satisfies z.input<typeof HistoryAnswer>)
    },
  }
}

function fromWire(wire: string): HistoryCursor {
  const [smsIdentifier, number, ...rest] = decodeCursor(CURSOR_KIND, wire) ?? []
  const recipientNo = parseWholeNumber(number ?? '')
  if (
    smsIdentifier === undefined ||
    !isIdentifier(smsIdentifier) ||
    recipientNo === undefined ||
    rest.length > 0
  ) {
    throw invalidRequest([{ field: 'cursor', message: 'is not a cursor of this list' }], 'invalid_cursor')
  }
  return { smsIdentifier, recipientNo }
}

function toWire(item: HistoryItem): z.input<typeof HistoryAnswer>['history'][number] {
  return {
    user_id: item.userId,
    sms_identifier: item.smsIdentifier,
    recipient: item.recipient,
    type: item.type,
    status: item.status,
    provider: item.provider,
    created_at: item.createdAt.toISOString(),
    updated_at: item.updatedAt.toISOString(),
  }
}

export const historyEndpoint: Endpoint = {
  method: 'get',
  path: '/sms/history',
  operation: {
    operationId: 'listHistory',
    tags: ['messages'],
    summary: 'What became of each recipient, newest first',
    description:
      'An unknown customer or identifier has an empty history. With a filter a page may be short, or empty, and still ' +
      'have a next_cursor: go on until it is null. Also `invalid_cursor` with 400.',
    requestParams: { query: Query },
    responses: { '200': answer('A page', HistoryAnswer), ...commonProblems },
  },
}
