import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import {
  answer,
  answerJson,
  DATABASE,
  invalidQuery,
  LIST,
  nextCursor,
  ofAccess,
  pageFields,
  readQuery,
  refusals,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import type { AccountActions } from './actions.ts'
import { LogItem, toLogItem } from './logEntry.ts'
import { toNextCursor, toPageQuery } from './page.ts'

const CURSOR_KIND = 'adminlog1'

const Query = z.strictObject(pageFields)

const LogAnswer = z
  .object({
    entries: z.array(LogItem),
    next_cursor: nextCursor,
  })
  .meta({ id: 'LogAnswer' })

/** `GET /v1/admin/log`: who changed customers, keys and balances, newest first. */
export function adminLogRoute({ readAdminLog }: AccountActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/log',
    access: 'admin',
    operation,
    async handle(request, response) {
      const page = await readAdminLog(toPageQuery(CURSOR_KIND, readQuery(Query, request.query)))
      answerJson(response, {
        entries: page.items.map(toLogItem),
        next_cursor: toNextCursor(CURSOR_KIND, page.nextBefore),
      } satisfies z.input<typeof LogAnswer>)
    },
  }
}

const EXAMPLE: z.input<typeof LogAnswer> = {
  entries: [
    {
      id: '019bd5a0-6f12-7a80-b1c9-0f4e2d6a7b35',
      actor: 'admin key from 192.0.2.7',
      action: 'customer.top_up',
      user_id: 4_817_302_956,
      details: {
        ...{ amount: 10_000, description: 'invoice 17' },
        transaction_id: '019bd5a0-6f12-7a80-b1c9-0f4e2d6a7b36',
      },
      created_at: '2026-01-19T08:20:00.000Z',
    },
  ],
  next_cursor: null,
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listLog',
  tags: ['admin'],
  summary: 'List changes of customers, keys and balances, newest first',
  requestParams: { query: Query },
  responses: {
    '200': answer('A page of changes', LogAnswer, EXAMPLE),
    ...refusals([...ofAccess('admin'), invalidQuery(Query, { limit: '5000' }), ...LIST, ...DATABASE]),
  },
}
