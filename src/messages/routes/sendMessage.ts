import { readKeyed } from '../../idempotency/index.ts'
import type { AnswerOf } from '../../idempotency/index.ts'
import { partsLimitOf, spendLimitsOf } from '../../limits/index.ts'
import { note, readInput } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { currentTraceparent } from '../../platform/telemetry/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { sendingPlanOf } from '../../primitives/sendingPlan.ts'
import { Problem } from '../../primitives/problem.ts'
import type { Accept } from '../shards.ts'
import type { Accepted } from '../types.ts'
import { answerSend } from './answerSend.ts'
import { describeSendMessage } from './describeSendMessage.ts'
import { messageBody, prepareMessage, toMessageAnswer } from './prepareMessage.ts'
import type { PrepareContext } from './prepareMessage.ts'
import { V1_SYNONYMS } from './v1Fields.ts'

/** What the route needs beside reading the message. */
export interface SendMessageContext extends PrepareContext {
  accept: Accept
}

/** `POST /v1/messages`: charges and accepts a message of the key's customer, at once or for a later time. */
export function sendMessageRoute(context: SendMessageContext): Route {
  const body = messageBody(context.limits)
  return {
    method: 'post',
    path: '/v1/messages',
    access: 'send',
    operation: describeSendMessage(body),
    async handle(request, response, access) {
      const input = readInput(body, request.body, V1_SYNONYMS)
      const customer = customerOf(access)
      const { userId } = customer
      note(response, { customer_id: userId })
      const prepared = await prepareMessage(input, context, customer).catch(asRefusal)
      const answerOf: AnswerOf<Accepted> = (accepted) => {
        if (prepared instanceof Problem) throw new Error('a refused message was accepted')
        return { status: 202, body: toMessageAnswer(accepted, prepared) }
      }
      const keyed = readKeyed(request, { userId, route: 'messages', isTest: access.isTest }, answerOf)
      // A repeat gets its first answer, although its time has passed since.
      if (prepared instanceof Problem && !keyed) throw prepared
      const decision = await context.accept(
        {
          ...(prepared instanceof Problem
            ? { type: input.type, text: '', recipients: [], refusal: prepared }
            : prepared),
          ...{ userId, keyed, isTest: access.isTest },
          traceparent: currentTraceparent(request.get('traceparent')),
          partsLimit: partsLimitOf(customer),
          spendLimits: spendLimitsOf(customer),
          sending: sendingPlanOf(customer),
        },
        () => request.socket.destroyed,
      )
      answerSend(response, decision, { answerOf, isKeyed: keyed !== undefined })
    },
  }
}

function asRefusal(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}
