import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { bulkNotFound } from '../../messages/index.ts'
import type { BulkKey } from '../../messages/index.ts'
import {
  answer,
  answerJson,
  money,
  note,
  ofAccess,
  refusals,
  TRANSACTION,
} from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { isIdentifier } from '../../primitives/identifier.ts'
import type { BulkCancellation } from '../index.ts'
import { assertTest, bulkCancelUnknown, liveKeyRequired, notCancellable, orUnknown } from './refuseCancel.ts'

/** @returns undefined for a bulk that the customer did not send. */
export type CancelBulk = (key: BulkKey) => Promise<BulkCancellation | undefined>

/** @returns undefined for a bulk that the customer did not send. */
export type ReadBulkMode = (key: BulkKey) => Promise<{ isTest: boolean } | undefined>

const Path = z.object({ id: z.uuid().meta({ description: 'The bulk' }) })

const BulkCancelAnswer = z
  .object({
    id: z.uuid(),
    cancelled: z.int().meta({ description: 'Messages of which a recipient is cancelled' }),
    recipients: z.int().meta({ description: 'Recipients that are cancelled' }),
    refunded: money('What came back for them in all'),
  })
  .meta({ id: 'BulkCancelAnswer' })

/** `DELETE /v1/bulks/{id}`: cancels and refunds the recipients of a bulk that no operator can have. */
export function cancelBulkRoute(cancelBulk: CancelBulk, readBulk: ReadBulkMode): Route {
  return {
    method: 'delete',
    path: '/v1/bulks/:id',
    access: 'send',
    operation,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      const bulkId = String(request.params['id']).toLowerCase()
      note(response, { customer_id: userId })
      if (!isIdentifier(bulkId)) throw bulkNotFound()
      if (access.isTest) assertTest(await readBulk({ userId, bulkId }), bulkNotFound)
      const cancellation = await orUnknown(cancelBulk({ userId, bulkId }), bulkCancelUnknown)
      if (!cancellation) throw bulkNotFound()
      const { counts, refunded, messages, cancelledNow, isStopped } = cancellation
      note(response, { bulk_id: bulkId, cancelled: cancelledNow })
      if (counts.cancelled === 0 && !isStopped) throw notCancellable(counts)
      answerJson(response, {
        ...{ id: bulkId, cancelled: messages, recipients: counts.cancelled, refunded },
      } satisfies z.input<typeof BulkCancelAnswer>)
    },
  }
}

const EXAMPLE: z.input<typeof BulkCancelAnswer> = {
  id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f040',
  ...{ cancelled: 2, recipients: 2, refunded: 4 },
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'cancelBulk',
  tags: ['messages'],
  summary: 'Cancel what still waits of a bulk',
  description:
    'Cancels and refunds the recipients that wait to be sent, unless an operator may have them. Messages of a bulk that is ' +
    'still being accepted are refused as `cancelled`, and not charged, from here on. A repeat gets the same answer, and also ' +
    'cancels what waits again by then.',
  requestParams: { path: Path },
  responses: {
    '200': answer('Cancelled and refunded', BulkCancelAnswer, EXAMPLE),
    ...refusals([
      ...ofAccess('send'),
      { when: 'the key is a test key, and the bulk is not of one', example: liveKeyRequired() },
      { when: 'there is no such bulk', example: bulkNotFound() },
      {
        when: 'nothing of the bulk is, or can be, cancelled; `detail` says why',
        example: notCancellable({ pending: 0, sending: 0, done: 1, failed: 0, cancelled: 0 }),
      },
      ...TRANSACTION,
      {
        when: 'some messages may or may not have been cancelled; repeat the request',
        example: bulkCancelUnknown(),
      },
    ]),
  },
}
