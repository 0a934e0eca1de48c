import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { answer, answerJson, DATABASE, note, ofAccess, refusals } from '../../platform/http/index.ts'
import type { Refusal, Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import type { MessageView } from '../describeMessages.ts'
import { messageNotFound } from '../messageNotFound.ts'
import { EXAMPLE_MESSAGE, Message, MessagePath, toMessage } from './messageFields.ts'

export interface MessageKey {
  userId: number
  /** As the request has it: any text. */
  smsIdentifier: string
}

/** @returns undefined for a message that the customer did not send. */
export type ReadMessage = (key: MessageKey) => Promise<MessageView | undefined>

/** Of a route that names a message. */
export const MESSAGE: Refusal[] = [{ when: 'there is no such message', example: messageNotFound() }]

/** `GET /v1/messages/{id}`: the message and its state. */
export function messageRoute(readMessage: ReadMessage): Route {
  return {
    method: 'get',
    path: '/v1/messages/:id',
    access: 'read',
    operation,
    async handle(request, response, access) {
      const { userId } = customerOf(access)
      note(response, { customer_id: userId })
      const message = await readMessage({ userId, smsIdentifier: String(request.params['id']) })
      if (!message) throw messageNotFound()
      note(response, { sms_identifier: message.smsIdentifier })
      answerJson(response, toMessage(message))
    },
  }
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'readMessage',
  tags: ['messages'],
  summary: 'Read a message and its status',
  requestParams: { path: MessagePath },
  responses: {
    '200': answer('The message', Message, EXAMPLE_MESSAGE),
    ...refusals([...ofAccess('read'), ...MESSAGE, ...DATABASE]),
  },
}
