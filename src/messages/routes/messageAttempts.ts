import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
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
  time,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import type { AttemptPlace, AttemptsPage, AttemptsQuery, AttemptView } from '../listAttempts.ts'
import { messageNotFound } from '../messageNotFound.ts'
import { MESSAGE } from './message.ts'
import { MessagePath } from './messageFields.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'attempts1'

const Query = z.strictObject(pageFields)

const MessageAttempt = z
  .object({
    to: z.string(),
    attempt: z.int().meta({
      description: 'Counts from 1. Several operators that were called in turn share a number',
    }),
    provider: z.string().meta({
      description:
        'The operator that was called; empty where a process ended without storing what it did: any operator may have been',
    }),
    result: z.enum(['accepted', 'rejected', 'unavailable', 'refused', 'unknown', 'asked']).meta({
      description:
        '`accepted`: the operator took it. `rejected`: it will never take it. `unavailable`: it did not take it. `refused`: ' +
        'it refused the call as a whole. `unknown`: no answer, it may have taken it. `asked`: it was asked whether it has it, and ' +
        'did not know.',
    }),
    detail: z.string().meta({ description: 'The reason in words; empty when it was accepted' }),
    route: z.string().meta({ description: 'Why this operator: the route that the message took' }),
    started_at: time('When the operator was called'),
    duration_ms: z.int().meta({ description: 'Until the answer, in milliseconds' }),
    hedge: z.literal(true).optional().meta({
      description: 'Made on purpose while another operator had not answered; left out for all others',
    }),
  })
  .meta({ id: 'MessageAttempt' })

const AttemptsAnswer = z
  .object({ attempts: z.array(MessageAttempt), next_cursor: nextCursor })
  .meta({ id: 'AttemptsAnswer' })

/** @returns undefined for a message that the customer did not send. */
export type ListAttempts = (query: AttemptsQuery) => Promise<AttemptsPage | undefined>

/** `GET /v1/messages/{id}/attempts`: all but first attempts that succeeded. */
export function messageAttemptsRoute(listAttempts: ListAttempts): Route {
  return {
    method: 'get',
    path: '/v1/messages/:id/attempts',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const { limit, cursor } = readQuery(Query, request.query)
      const { userId } = customerOf(access)
      const smsIdentifier = String(request.params['id'])
      note(response, { customer_id: userId })
      const after = cursor === undefined ? undefined : fromWire(cursor)
      const page = await listAttempts({ userId, smsIdentifier, limit, after })
      if (!page) throw messageNotFound()
      answerJson(response, {
        attempts: page.attempts.map(toWire),
        next_cursor: page.nextAfter && toCursor(page.nextAfter),
      } satisfies z.input<typeof AttemptsAnswer>)
    },
  }
}

function toCursor({ recipientNo, attempt, callNo }: AttemptPlace): string {
  return encodeCursor(CURSOR_KIND, [recipientNo, attempt, callNo])
}

function fromWire(cursor: string): AttemptPlace {
  const [recipientNo, attempt, callNo, ...rest] = (decodeCursor(CURSOR_KIND, cursor) ?? []).map(
    parseWholeNumber,
  )
  if (recipientNo === undefined || attempt === undefined || callNo === undefined || rest.length > 0)
    throw invalidCursor()
  return { recipientNo, attempt, callNo }
}

function toWire(one: AttemptView): z.input<typeof MessageAttempt> {
  return {
    to: one.recipient,
    attempt: one.attempt,
    provider: one.provider,
    result: one.result,
    detail: one.reason,
    route: one.routeReason,
    started_at: one.startedAt.toISOString(),
    duration_ms: one.durationMs,
    ...(one.isHedge ? { hedge: true as const } : {}),
  }
}

const EXAMPLE_ATTEMPT: z.input<typeof MessageAttempt> = {
  to: '+989120000001',
  attempt: 1,
  provider: 'operator-a',
  result: 'unavailable',
  detail: 'HTTP 503',
  route: 'default route',
  started_at: '2026-01-19T08:30:00.201Z',
  duration_ms: 41,
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listMessageAttempts',
  tags: ['messages'],
  summary: 'List the attempts to hand a message over to an operator',
  description:
    'By recipient, in the order they were made. An operator that accepts a message in its first attempt, which is the ' +
    'rule, leaves no entry.',
  requestParams: { path: MessagePath, query: Query },
  responses: {
    '200': answer('A page of attempts', AttemptsAnswer, {
      attempts: [
        EXAMPLE_ATTEMPT,
        {
          ...EXAMPLE_ATTEMPT,
          ...{ attempt: 2, provider: 'operator-b', result: 'accepted', detail: '' },
          started_at: '2026-01-19T08:30:15.877Z',
          duration_ms: 63,
        },
      ],
      next_cursor: null,
    }),
    ...refusals([
      ...ofAccess('read'),
      invalidQuery(Query, { limit: '5000' }),
      ...LIST,
      ...MESSAGE,
      ...DATABASE,
    ]),
  },
}
