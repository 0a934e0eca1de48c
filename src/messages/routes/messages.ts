import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  historyBeginsAtField,
  DATABASE,
  invalidCursor,
  invalidField,
  invalidQuery,
  LIST,
  nextCursor,
  note,
  ofAccess,
  pageFields,
  readQuery,
  refusals,
  textInQuery,
  timeWithOffset,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { normalizeNumber } from '../../numbers/index.ts'
import type { Region } from '../../numbers/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { digitsOf } from '../../primitives/address.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import type { MessagesPage, MessagesQuery } from '../listMessages.ts'
import { V1_STATUSES } from '../states.ts'
import { clientReference, tag } from './labelFields.ts'
import { EXAMPLE_MESSAGE, Message, toMessage } from './messageFields.ts'
import type { V1Limits } from './v1Fields.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'messages1'

function timeInQuery(description: string) {
  return textInQuery()
    .pipe(timeWithOffset())
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
  to: textInQuery()
    .optional()
    .meta({
      description: 'Only messages to this number, in any writing',
      param: { example: '+989120000001' },
    }),
  client_reference: textInQuery()
    .pipe(clientReference())
    .optional()
    .meta({ description: 'Only messages with this reference' }),
  tag: textInQuery().pipe(tag()).optional().meta({ description: 'Only messages with this tag' }),
  created_after: timeInQuery('Only messages that were accepted at this time or later'),
  created_before: timeInQuery('Only messages that were accepted before this time'),
  ...pageFields,
})

const SYNONYMS = { tag: ['tags'], client_reference: ['reference'], to: ['recipient', 'number'] }

const MessagesAnswer = z
  .object({
    messages: z.array(Message),
    next_cursor: nextCursor,
    history_begins_at: historyBeginsAtField,
  })
  .meta({ id: 'MessagesAnswer' })

export type ListMessages = (query: MessagesQuery) => Promise<MessagesPage>

export interface MessagesActions {
  listMessages: ListMessages
  limits: Pick<V1Limits, 'region'>
}

/** `GET /v1/messages`: newest first. */
export function messagesRoute({ listMessages, limits: { region } }: MessagesActions): Route {
  return {
    method: 'get',
    path: '/v1/messages',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const query = readQuery(Query, request.query, SYNONYMS)
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const page = await listMessages({
        userId,
        limit: query.limit,
        status: query.status,
        toDigits: query.to === undefined ? undefined : readDigits(query.to, region),
        clientReference: query.client_reference,
        tag: query.tag,
        before: fromWire(query.cursor),
        createdFromMs: toMs(query.created_after),
        createdUntilMs: toMs(query.created_before),
      })
      answerJson(response, {
        messages: page.messages.map(toMessage),
        next_cursor: page.nextBefore && encodeCursor(CURSOR_KIND, [page.nextBefore]),
        history_begins_at: page.beginsAt,
      } satisfies z.input<typeof MessagesAnswer>)
    },
  }
}

/** Read as a send reads it. A plus makes no difference; a query turns one that is not encoded into a space. */
function readDigits(to: string, region: Region | undefined): string {
  const read = normalizeNumber(to, region)
  if (read.kind === 'fault') throw invalidField('to', read.fault)
  return digitsOf(read.number)
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
      invalidQuery(Query, { status: 'LOST', created_afer: '2026-01-19T08:30:00Z', limit: '5000' }, SYNONYMS),
      ...LIST,
      ...DATABASE,
    ]),
  },
}
