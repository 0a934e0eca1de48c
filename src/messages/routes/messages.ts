import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  DATABASE,
  invalidCursor,
  invalidInput,
  LIST,
  nextCursor,
  note,
  ofAccess,
  pageFields,
  readInput,
  refusals,
  textInQuery,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import type { MessagesPage, MessagesQuery } from '../listMessages.ts'
import { V1_STATUSES } from '../states.ts'
import { EXAMPLE_MESSAGE, Message, toMessage } from './messageFields.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'messages1'

function timeInQuery(description: string) {
  return textInQuery()
    .pipe(
      z.iso.datetime({ offset: true, error: 'must be a time with an offset, such as 2027-01-31T12:00:00Z' }),
    )
    .optional()
    .meta({ description, override: { type: 'string', format: 'date-time' } })
}

/** Strict, because a filter that is ignored lists what was not asked for. */
const Query = z.strictObject({
  status: textInQuery()
    .toUpperCase()
    .pipe(z.enum(V1_STATUSES))
    .optional()
    .meta({
      description: 'Only messages with this status',
      override: { type: 'string', enum: [...V1_STATUSES] },
    }),
  created_after: timeInQuery('Only messages that were accepted at this time or later'),
  created_before: timeInQuery('Only messages that were accepted before this time'),
  ...pageFields,
})

const MessagesAnswer = z
  .object({ messages: z.array(Message), next_cursor: nextCursor })
  .meta({ id: 'MessagesAnswer' })

export type ListMessages = (query: MessagesQuery) => Promise<MessagesPage>

/** `GET /v1/messages`: newest first. */
export function messagesRoute(listMessages: ListMessages): Route {
  return {
    method: 'get',
    path: '/v1/messages',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const query = readInput(Query, request.query)
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const page = await listMessages({
        userId,
        limit: query.limit,
        status: query.status,
        before: fromWire(query.cursor),
        createdFromMs: toMs(query.created_after),
        createdUntilMs: toMs(query.created_before),
      })
      answerJson(response, {
        messages: page.messages.map(toMessage),
        next_cursor: page.nextBefore && encodeCursor(CURSOR_KIND, [page.nextBefore]),
      } satisfies z.input<typeof MessagesAnswer>)
    },
  }
}

function toMs(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}

function fromWire(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const [before = '', ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  if (!isIdentifier(before) || rest.length > 0) throw invalidCursor()
  return before.toLowerCase()
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listMessages',
  tags: ['messages'],
  summary: 'List messages, newest first',
  description:
    'With a filter, a page may be short or even empty and still have a `next_cursor`: continue until it is null. Unknown ' +
    'parameters are refused.',
  requestParams: { query: Query },
  responses: {
    '200': answer('A page of messages', MessagesAnswer, { messages: [EXAMPLE_MESSAGE], next_cursor: null }),
    ...refusals([
      ...ofAccess('read'),
      invalidInput(Query, { status: 'LOST', created_afer: '2026-01-19T08:30:00Z', limit: '5000' }),
      ...LIST,
      ...DATABASE,
    ]),
  },
}
