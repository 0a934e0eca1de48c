import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { messageNotFound, V1_STATUSES } from '../../messages/index.ts'
import type { V1Status } from '../../messages/index.ts'
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
import type { Cancellation } from '../index.ts'
import {
  assertTest,
  cancelUnknown,
  liveKeyRequired,
  notCancellable,
  orCancelled,
  orUnknown,
} from './refuseCancel.ts'

/** @returns undefined for a message that the customer did not send. */
export type CancelMessage = (key: {
  userId: number
  smsIdentifier: string
}) => Promise<Cancellation | undefined>

/** What is read of a message; undefined for one that the customer did not send. */
export type ReadMessageStatus = (key: {
  userId: number
  smsIdentifier: string
}) => Promise<{ status: V1Status; isTest: boolean } | undefined>

const Path = z.object({ id: z.uuid().meta({ description: 'The message' }) })

const CancelAnswer = z
  .object({
    id: z.uuid(),
    status: z
      .enum(V1_STATUSES)
      .meta({ description: 'Of the message: `CANCELLED` unless some recipients were not cancelled' }),
    cancelled: z.int().meta({ description: 'Recipients that are cancelled' }),
    refunded: money('What came back for them in all'),
  })
  .meta({ id: 'CancelAnswer' })

/** `DELETE /v1/messages/{id}`: cancels and refunds the recipients that no operator can have. */
export function cancelRoute(cancel: CancelMessage, readMessage: ReadMessageStatus): Route {
  return {
    method: 'delete',
    path: '/v1/messages/:id',
    access: 'send',
    operation,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      const smsIdentifier = String(request.params['id']).toLowerCase()
      note(response, { customer_id: userId })
      if (!isIdentifier(smsIdentifier)) throw messageNotFound()
      if (access.isTest) assertTest(await readMessage({ userId, smsIdentifier }), messageNotFound)
      const cancellation = await orUnknown(cancel({ userId, smsIdentifier }), cancelUnknown)
      if (!cancellation) throw messageNotFound()
      const { counts, refunded } = cancellation
      note(response, { sms_identifier: smsIdentifier, cancelled: cancellation.cancelledNow })
      if (counts.cancelled === 0) throw notCancellable(counts)
      const message = await orCancelled(readMessage({ userId, smsIdentifier }))
      if (!message) throw messageNotFound()
      answerJson(response, {
        id: smsIdentifier,
        status: message.status,
        cancelled: counts.cancelled,
        refunded,
      } satisfies z.input<typeof CancelAnswer>)
    },
  }
}

const EXAMPLE: z.input<typeof CancelAnswer> = {
  id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
  status: 'CANCELLED',
  cancelled: 2,
  refunded: 2,
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'cancelMessage',
  tags: ['messages'],
  summary: 'Cancel a message',
  description:
    'Cancels and refunds the recipients that wait to be sent, unless an operator may have them. A repeat gets the same ' +
    'answer, and also cancels what waits again by then.',
  requestParams: { path: Path },
  responses: {
    '200': answer('Cancelled and refunded', CancelAnswer, EXAMPLE),
    ...refusals([
      ...ofAccess('send'),
      { when: 'the key is a test key, and the message is not a test message', example: liveKeyRequired() },
      { when: 'there is no such message', example: messageNotFound() },
      {
        when: 'nothing of the message is, or can be, cancelled; `detail` says why',
        example: notCancellable({ pending: 0, sending: 0, done: 1, failed: 0, cancelled: 0 }),
      },
      ...TRANSACTION,
      {
        when: 'the message may or may not have been cancelled; repeat the request',
        example: cancelUnknown(),
      },
    ]),
  },
}
