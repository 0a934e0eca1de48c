import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { messageNotFound } from '../../messages/index.ts'
import { normalizeNumber } from '../../numbers/index.ts'
import type { Region } from '../../numbers/index.ts'
import {
  answer,
  answerJson,
  DATABASE,
  invalidCursor,
  invalidField,
  invalidQuery,
  LIST,
  note,
  ofAccess,
  readQuery,
  refusals,
  textInQuery,
  wholeNumberInQuery,
} from '../../platform/http/index.ts'
import type { Refusal, Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { digitsOf } from '../../primitives/address.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import type { MessageTimeline, TimelineQuery, Whose } from '../index.ts'
import { EXAMPLE_ADMIN_TIMELINE, EXAMPLE_TIMELINE } from './examples.ts'
import { AdminTimelineAnswer, TimelineAnswer, toAdminTimeline, toTimeline } from './timelineFields.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'timeline1'
const RECIPIENTS_DEFAULT = 10
/** Each has several steps, and its place in the outbox is looked up. */
const RECIPIENTS_MAX = 100

const Query = z.strictObject({
  to: textInQuery().optional().meta({ description: 'Only this recipient, in any writing of the number' }),
  limit: wholeNumberInQuery(1, RECIPIENTS_MAX)
    .default(RECIPIENTS_DEFAULT)
    .meta({
      description: 'Page size, in recipients',
      override: { type: 'integer', minimum: 1, maximum: RECIPIENTS_MAX, default: RECIPIENTS_DEFAULT },
    }),
  cursor: textInQuery().optional().meta({ description: '`next_cursor` of the previous page' }),
})
const Path = z.object({ id: z.uuid().meta({ description: 'The message' }) })

export interface TimelineActions {
  /** @returns undefined for a message that is not to be shown. */
  readTimeline: (query: TimelineQuery) => Promise<MessageTimeline | undefined>
  limits: { region?: Region | undefined }
}

/** `GET /v1/messages/{id}/timeline`: where a message of the key's customer is, and why. */
export function timelineRoute(actions: TimelineActions): Route {
  return {
    method: 'get',
    path: '/v1/messages/:id/timeline',
    access: 'read',
    operation: OPERATION,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const { timeline, cursor } = await readPage(actions, request, { userId })
      answerJson(response, toTimeline(timeline, cursor))
    },
  }
}

/** `GET /v1/admin/messages/{id}/timeline`: any customer's, with what operators and the engine said among themselves. */
export function adminTimelineRoute(actions: TimelineActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/messages/:id/timeline',
    access: 'admin',
    operation: ADMIN_OPERATION,
    async handle(request, response) {
      const { timeline, cursor } = await readPage(actions, request, 'anyone')
      note(response, { customer_id: timeline.userId })
      answerJson(response, toAdminTimeline(timeline, cursor))
    },
  }
}

async function readPage(
  { readTimeline, limits }: TimelineActions,
  request: Parameters<Route['handle']>[0],
  whose: Whose,
): Promise<{ timeline: MessageTimeline; cursor: string | null }> {
  const { to, limit, cursor } = readQuery(Query, request.query)
  const timeline = await readTimeline({
    ...{ whose, smsIdentifier: String(request.params['id']), limit, after: fromWire(cursor) },
    toDigits: to === undefined ? undefined : readDigits(to, limits.region),
  })
  if (!timeline) throw messageNotFound()
  const { nextAfter } = timeline
  return { timeline, cursor: nextAfter === null ? null : encodeCursor(CURSOR_KIND, [nextAfter]) }
}

function fromWire(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const [number = '', ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  const after = parseWholeNumber(number)
  if (after === undefined || rest.length > 0) throw invalidCursor()
  return after
}

function readDigits(to: string, region: Region | undefined): string {
  const read = normalizeNumber(to, region)
  if (read.kind === 'fault') throw invalidField('to', read.fault)
  return digitsOf(read.number)
}

const DESCRIPTION =
  'From the time it was accepted to the last webhook, and what it waits for while it is not finished. What left no trace ' +
  '(such as its way through the queue) is shown while it is so.'
const MESSAGE: Refusal[] = [{ when: 'there is no such message', example: messageNotFound() }]
const REFUSALS = [invalidQuery(Query, { limit: '5000' }), ...LIST, ...MESSAGE, ...DATABASE]

const OPERATION: ZodOpenApiOperationObject = {
  operationId: 'readMessageTimeline',
  tags: ['messages'],
  summary: 'Where is my message: what happened to it, and what it waits for',
  description: DESCRIPTION,
  requestParams: { path: Path, query: Query },
  responses: {
    '200': answer('The message, with a page of its recipients', TimelineAnswer, EXAMPLE_TIMELINE),
    ...refusals([...ofAccess('read'), ...REFUSALS]),
  },
}

const ADMIN_OPERATION: ZodOpenApiOperationObject = {
  operationId: 'readTimelineAsAdmin',
  tags: ['admin'],
  summary: "Where a message is, with operators' details",
  description: DESCRIPTION,
  requestParams: { path: Path, query: Query },
  responses: {
    '200': answer(
      'The message of any customer, with a page of its recipients',
      AdminTimelineAnswer,
      EXAMPLE_ADMIN_TIMELINE,
    ),
    ...refusals([...ofAccess('admin'), ...REFUSALS]),
  },
}
