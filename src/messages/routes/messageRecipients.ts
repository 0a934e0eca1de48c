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
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { parseWholeNumber } from '../../primitives/wholeNumber.ts'
import type { RecipientsPage, RecipientsQuery } from '../listRecipients.ts'
import { messageNotFound } from '../messageNotFound.ts'
import { MESSAGE } from './message.ts'
import { EXAMPLE_RECIPIENTS, MessagePath, MessageRecipient, toMessageRecipient } from './messageFields.ts'

/** The list and the version of its cursor's fields. */
const CURSOR_KIND = 'recipients1'

const Query = z.strictObject(pageFields)

const RecipientsAnswer = z
  .object({ recipients: z.array(MessageRecipient), next_cursor: nextCursor })
  .meta({ id: 'RecipientsAnswer' })

/** @returns undefined for a message that the customer did not send. */
export type ListRecipients = (query: RecipientsQuery) => Promise<RecipientsPage | undefined>

/** `GET /v1/messages/{id}/recipients`: in the order they were given. */
export function messageRecipientsRoute(listRecipients: ListRecipients): Route {
  return {
    method: 'get',
    path: '/v1/messages/:id/recipients',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const { limit, cursor } = readQuery(Query, request.query)
      const { userId } = customerOf(access)
      const smsIdentifier = String(request.params['id'])
      note(response, { customer_id: userId })
      const page = await listRecipients({ userId, smsIdentifier, limit, after: fromWire(cursor) })
      if (!page) throw messageNotFound()
      answerJson(response, {
        recipients: page.recipients.map(toMessageRecipient),
        next_cursor: page.nextAfter === null ? null : encodeCursor(CURSOR_KIND, [page.nextAfter]),
      } satisfies z.input<typeof RecipientsAnswer>)
    },
  }
}

function fromWire(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const [number = '', ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  const after = parseWholeNumber(number)
  if (after === undefined || rest.length > 0) throw invalidCursor()
  return after
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listMessageRecipients',
  tags: ['messages'],
  summary: 'List the recipients of a message with their status',
  requestParams: { path: MessagePath, query: Query },
  responses: {
    '200': answer('A page of recipients', RecipientsAnswer, {
      recipients: EXAMPLE_RECIPIENTS,
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
