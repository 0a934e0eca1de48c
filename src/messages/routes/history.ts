import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  historyBeginsAtField,
  DATABASE,
  invalidCursor,
  invalidQuery,
  LIST,
  nextCursor,
  note,
  ofAccess,
  pageFields,
  readQuery,
  refusals,
  textInQuery,
  time,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerServed } from '../../primitives/access.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import { STATES } from '../states.ts'
import type { HistoryCursor, HistoryItem, HistoryPage, HistoryQuery } from '../types.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'history1'

const SYNONYMS = { user_id: ['customer_id', 'customer', 'user'] }

const Query = z.object({
  user_id: wholeNumberInQuery(1).meta({ description: 'The customer', param: { example: 1 } }),
  status: textInQuery()
    .toLowerCase()
    .pipe(z.enum(STATES))
    .optional()
    .meta({
      description: 'Only recipients with this status',
      override: { type: 'string', enum: [...STATES] },
    }),
  sms_identifier: textInQuery()
    .toLowerCase()
    .refine(isIdentifier, 'must be a UUID')
    .optional()
    .meta({ format: 'uuid', description: 'Only this message' }),
  ...pageFields,
})

const HistoryAnswer = z
  .object({
    history: z.array(
      z
        .object({
          user_id: z.int().meta({ description: 'The customer' }),
          sms_identifier: z.uuid().meta({ description: 'The message, as `POST /sms/send` answered' }),
          recipient: z.string().meta({ description: 'As it was given' }),
          type: z.enum(['normal', 'express']),
          status: z.enum(STATES).meta({
            description:
              '`pending`: waits to be sent. `sending`: an operator is being called. `done`: an operator accepted it. ' +
              '`failed`: no operator accepted it; refunded. `cancelled`: withdrawn before it was sent; refunded.',
          }),
          delivery_status: z.enum(['delivered', 'undelivered']).nullable().meta({
            description: 'What the operator reported of the delivery; null until then',
          }),
          provider: z.string().meta({
            description: 'The operator that accepted or rejected it; empty until then',
          }),
          failure_reason: z
            .string()
            .nullable()
            .meta({ description: 'Why it failed or was not delivered, in words; null unless it did so' }),
          test: z
            .literal(true)
            .optional()
            .meta({ description: 'A test key sent it: it cost nothing, and only the test operator got it' }),
          possible_duplicate: z.literal(true).optional().meta({
            description:
              'It was handed over again although an operator may have had it: the handset may get it twice',
          }),
          created_at: time('When it was accepted'),
          updated_at: time('When its status last changed'),
        })
        .meta({ id: 'HistoryItem' }),
    ),
    next_cursor: nextCursor,
    history_begins_at: historyBeginsAtField,
  })
  .meta({ id: 'HistoryAnswer' })

export type ReadHistory = (query: HistoryQuery) => Promise<HistoryPage>

/** `GET /sms/history`: lists the delivery status by recipient, newest first. */
export function historyRoute(readHistory: ReadHistory): Route {
  return {
    method: 'get',
    path: '/sms/history',
    access: 'read',
    mayBeOpen: true,
    operation,
    async handle(request, response, access) {
      const { user_id, status, sms_identifier, limit, cursor } = readQuery(Query, request.query, SYNONYMS)
      note(response, { customer_id: user_id })
      const page = await readHistory({
        userId: customerServed(access, user_id),
        status,
        smsIdentifier: sms_identifier,
        limit,
        cursor: cursor === undefined ? undefined : fromWire(cursor),
      })
      answerJson(response, {
        history: page.items.map(toWire),
        next_cursor: page.nextCursor && toCursor(page.nextCursor),
        history_begins_at: page.beginsAt,
      } satisfies z.input<typeof HistoryAnswer>)
    },
  }
}

function toCursor({ smsIdentifier, recipientNo }: HistoryCursor): string {
  return encodeCursor(CURSOR_KIND, [smsIdentifier, recipientNo])
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
    throw invalidCursor()
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
    delivery_status: item.deliveryStatus,
    provider: item.provider,
    failure_reason: item.failureReason,
    ...(item.isTest ? { test: true as const } : {}),
    ...(item.isPossibleDuplicate ? { possible_duplicate: true as const } : {}),
    created_at: item.createdAt.toISOString(),
    updated_at: item.updatedAt.toISOString(),
  }
}

const EXAMPLE_ITEM = {
  user_id: 1,
  sms_identifier: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
  type: 'normal',
  created_at: '2026-01-19T08:30:00.142Z',
} as const

const EXAMPLE: z.input<typeof HistoryAnswer> = {
  history: [
    {
      ...EXAMPLE_ITEM,
      recipient: '091285284834',
      status: 'failed',
      delivery_status: null,
      provider: 'operator-a',
      failure_reason: 'invalid number',
      updated_at: '2026-01-19T08:30:00.391Z',
    },
    {
      ...EXAMPLE_ITEM,
      recipient: '09128582812',
      status: 'done',
      delivery_status: 'delivered',
      provider: 'operator-a',
      failure_reason: null,
      updated_at: '2026-01-19T08:30:00.388Z',
    },
  ],
  next_cursor: toCursor({ smsIdentifier: EXAMPLE_ITEM.sms_identifier, recipientNo: 1 }),
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listHistory',
  tags: ['messages'],
  summary: 'List delivery status by recipient, newest first',
  description:
    'An unknown customer or identifier has an empty history. With `status`, a page may be short or even empty and ' +
    'still have a `next_cursor`: continue until it is null.',
  requestParams: { query: Query },
  responses: {
    '200': answer('A page of recipients', HistoryAnswer, EXAMPLE),
    ...refusals([
      ...ofAccess('read'),
      invalidQuery(Query, { user_id: '1', status: 'lost', limit: '5000' }, SYNONYMS),
      ...LIST,
      ...DATABASE,
    ]),
  },
}
