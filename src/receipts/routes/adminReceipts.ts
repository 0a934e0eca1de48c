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
  ofAccess,
  pageFields,
  readQuery,
  refusals,
  time,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { decodeCursor, encodeCursor } from '../../primitives/cursor.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import type { ReceiptView } from '../index.ts'
import type { ReceiptActions } from './actions.ts'

const CURSOR_KIND = 'receipts1'
/** Of each row; a request may carry a thousand. */
const RECEIPTS_SHOWN_MAX = 10
const RAW_CHARS_MAX = 1_000

const Query = z.strictObject({
  ...pageFields,
  state: z.enum(['waiting', 'orphan']).default('orphan').meta({
    description: '`orphan`: matched no message for a day, or cannot be read. `waiting`: is still tried',
  }),
})

const Item = z
  .object({
    id: z.uuid(),
    state: z.enum(['waiting', 'orphan']),
    operator: z.string(),
    protocol: z.string(),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why it matched nothing at the last try; null before the first' }),
    receipts: z
      .array(
        z.object({
          reference: z.string().nullable(),
          message_id: z.string().nullable(),
          verdict: z
            .enum(['delivered', 'undelivered'])
            .nullable()
            .meta({ description: 'Null when it is not final' }),
          error_code: z.string().nullable(),
          done_at: time("By the operator's clock").nullable(),
        }),
      )
      .meta({ description: `What can be read of it: the first ${RECEIPTS_SHOWN_MAX}` }),
    raw: z.string().meta({ description: `As it came: the first ${RAW_CHARS_MAX} characters` }),
    received_at: time('When it came'),
  })
  .meta({ id: 'WaitingReceipt' })

const Answer = z.object({ receipts: z.array(Item), next_cursor: nextCursor }).meta({ id: 'WaitingReceipts' })

/** `GET /v1/admin/receipts`: receipts that matched no message, newest first. */
export function adminReceiptsRoute({ listReceipts }: ReceiptActions): Route {
  return {
    method: 'get',
    path: '/v1/admin/receipts',
    access: 'admin',
    operation,
    async handle(request, response) {
      const { state, limit, cursor } = readQuery(Query, request.query)
      const { items, nextBefore } = await listReceipts({ state, limit, before: toBefore(cursor) })
      answerJson(response, {
        receipts: items.map(toItem),
        next_cursor: nextBefore === null ? null : encodeCursor(CURSOR_KIND, [nextBefore]),
      } satisfies z.input<typeof Answer>)
    },
  }
}

function toBefore(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const [before, ...rest] = decodeCursor(CURSOR_KIND, cursor) ?? []
  if (before === undefined || !isIdentifier(before) || rest.length > 0) throw invalidCursor()
  return before
}

function toItem({
  id,
  state,
  operator,
  protocol,
  reason,
  receipts,
  raw,
  receivedAt,
}: ReceiptView): z.input<typeof Item> {
  return {
    ...{ id, state, operator, protocol, reason },
    receipts: receipts.slice(0, RECEIPTS_SHOWN_MAX).map((receipt) => ({
      reference: receipt.reference,
      message_id: receipt.operatorMessageId,
      verdict: receipt.verdict,
      error_code: receipt.code,
      done_at: receipt.doneAt?.toISOString() ?? null,
    })),
    raw: raw.toString('utf8').slice(0, RAW_CHARS_MAX),
    received_at: receivedAt.toISOString(),
  }
}

const EXAMPLE: z.input<typeof Answer> = {
  receipts: [
    {
      id: '019bd5a2-1d0c-7b11-8f52-6a0d3c94e7b8',
      state: 'orphan',
      operator: 'operator-b',
      protocol: 'chapar-http',
      reason: 'matches no message',
      receipts: [
        { reference: null, message_id: '9C41', verdict: 'delivered', error_code: null, done_at: null },
      ],
      raw: '{"message_id":"9C41","status":"delivered"}',
      received_at: '2026-01-19T08:31:05.210Z',
    },
  ],
  next_cursor: null,
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'listWaitingReceipts',
  tags: ['admin'],
  summary: 'List receipts that matched no message, newest first',
  requestParams: { query: Query },
  responses: {
    '200': answer('A page of receipts', Answer, EXAMPLE),
    ...refusals([...ofAccess('admin'), invalidQuery(Query, { state: 'lost' }), ...LIST, ...DATABASE]),
  },
}
