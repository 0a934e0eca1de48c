import type { Request, Response } from 'express'
import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { RECEIPTS_MAX } from '../../operators/index.ts'
import { answer, BODY, refusals, TRANSACTION } from '../../platform/http/index.ts'
import type { Refusal, Route } from '../../platform/http/index.ts'
import type { ReceiptSender } from '../index.ts'
import { invalidSignature, SECRET_PARAMETER, sourceNotAllowed, unknownSender } from '../authenticate.ts'
import type { ReceiptActions } from './actions.ts'
import { counted, malformedReceipts, queryOf, takeReceipts } from './takeReceipts.ts'

/** A thousand receipts have some 150 kB. */
const BODY_BYTES_MAX = 1_048_576
/** Twenty of each of a thousand receipts. */
const BODY_VALUES_MAX = 20_000

const text = (description: string) => z.union([z.string(), z.number()]).optional().meta({ description })

/** As it is documented. What is stored is the body as it was sent, and it is read afterwards. */
const ReceiptBody = z
  .object({
    reference: text('Ours, as the message had it'),
    message_id: text("The operator's own identifier of the message, where it returns no reference"),
    status: z.string().meta({
      description:
        '`delivered`; `undelivered`, `expired`, `deleted` or `rejected`; or one that is not final, such as `accepted` or ' +
        '`enroute`. In any case, and as SMPP abbreviates them',
    }),
    error_code: text("The operator's code, which its configuration maps to a common cause"),
    done_at: z.string().optional().meta({ description: 'When it was decided, with an offset' }),
  })
  .meta({ id: 'Receipt' })

const Stored = z
  .object({ status: z.literal('stored') })
  .meta({ id: 'ReceiptsStored', description: 'Stored, and applied within about a second' })

/**
 * `POST /operators/{name}/receipts`, and GET for those who put them into the query: an operator reports deliveries.
 * Answered once they are stored.
 */
export function operatorReceiptsRoutes(actions: ReceiptActions): Route[] {
  const senders = new WeakMap<Request, ReceiptSender>()
  const route = {
    path: '/operators/:name/receipts',
    access: 'public' as const,
    quiet: true,
    admit: (request: Request) => void senders.set(request, authenticate(actions, request)),
    handle(request: Request, response: Response) {
      const sender = senders.get(request) ?? authenticate(actions, request)
      return takeReceipts(actions, sender, { request, response })
    },
  }
  const body = { bytesMax: BODY_BYTES_MAX, valuesMax: BODY_VALUES_MAX }
  return [
    { ...route, method: 'post', body, hasRawBody: true, operation },
    { ...route, method: 'get', operation: getOperation },
  ]
}

function authenticate(actions: ReceiptActions, request: Request): ReceiptSender {
  const source = actions.sourceOf(request)
  const { headers } = request
  const { all: query } = queryOf(request)
  return counted(actions, source, () =>
    actions.authenticateOperator(String(request.params['name']), { headers, query, source }),
  )
}

const EXAMPLE: z.input<typeof ReceiptBody> = {
  reference: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043:1',
  status: 'undelivered',
  error_code: '27',
  done_at: '2026-01-19T08:31:04Z',
}

const PATH = z.object({ name: z.string().meta({ description: 'The operator' }) })

const REFUSED: Refusal[] = [
  { when: 'the operator is unknown here, or its secret is another', example: unknownSender() },
  { when: 'the request comes from none of the allowed addresses', example: sourceNotAllowed() },
  { when: 'the operator signs its receipts, and this is not its signature', example: invalidSignature() },
]

const operation: ZodOpenApiOperationObject = {
  operationId: 'storeReceipts',
  tags: ['operators'],
  summary: 'Report deliveries, for operators',
  description:
    'Called by an operator, with its secret as `Authorization: Bearer`, as the password of `Authorization: Basic` or as the ' +
    `parameter \`${SECRET_PARAMETER}\` of the address, or with a signature. The body is its protocol's; this is that of ` +
    `docs/operator-protocol.md: a receipt, or an array of up to ${RECEIPTS_MAX}. A receipt may come several times and in any order.`,
  requestParams: { path: PATH },
  requestBody: {
    content: {
      'application/json': { schema: z.union([ReceiptBody, z.array(ReceiptBody)]), example: EXAMPLE },
    },
  },
  responses: {
    '200': answer('The receipts are stored', Stored, { status: 'stored' }),
    ...refusals([
      {
        when: 'the body is not one with receipts in the form of the operator',
        example: malformedReceipts('The body has to be a receipt, a JSON object, or an array of them.'),
      },
      ...REFUSED,
      ...BODY.filter(({ example }) => example.code !== 'malformed_body'),
      ...TRANSACTION,
    ]),
  },
}

const getOperation: ZodOpenApiOperationObject = {
  operationId: 'storeReceiptInQuery',
  tags: ['operators'],
  summary: 'Report a delivery in the query, for operators',
  description:
    'The same for an operator of the protocol `http-template` whose receipts stand in the query (docs/operators/adding.md). It ' +
    'is answered as its configuration says.',
  requestParams: { path: PATH },
  responses: {
    '200': { description: 'The receipt is stored', content: { 'text/plain': { example: 'OK' } } },
    ...refusals([
      {
        when: 'the query has no receipt in the form of the operator',
        example: malformedReceipts('The query is empty.'),
      },
      ...REFUSED,
      ...TRANSACTION,
    ]),
  },
}
