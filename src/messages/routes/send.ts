import type { z } from 'zod'
import { readKeyed } from '../../idempotency/index.ts'
import type { AnswerOf } from '../../idempotency/index.ts'
import { partsLimitOf, spendLimitsOf } from '../../limits/index.ts'
import { note, readInput } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { currentTraceparent } from '../../platform/telemetry/index.ts'
import { customerServed } from '../../primitives/access.ts'
import { guaranteeOf } from '../../primitives/guarantee.ts'
import { sendingPlanOf } from '../../primitives/sendingPlan.ts'
import { withoutEqual } from '../../primitives/address.ts'
import { segment } from '../../segments/index.ts'
import type { Accept } from '../shards.ts'
import type { Accepted, SendRequest } from '../types.ts'
import { answerSend } from './answerSend.ts'
import { describeSend } from './describeSend.ts'
import type { SendAnswer } from './describeSend.ts'
import { readRecipients } from './readRecipients.ts'
import { SEND_SYNONYMS, sendBody } from './sendBody.ts'
import type { SendLimits } from './sendBody.ts'

/** `POST /sms/send`: charges and accepts a message, and answers when both are committed. */
export function sendRoute(accept: Accept, limits: SendLimits): Route {
  const body = sendBody(limits)
  const operation = describeSend(body, SEND_SYNONYMS)
  return { ...sending(body, accept, limits), path: '/sms/send', mayBeOpen: true, operation }
}

/** `POST /v1/sms/send` (seed 004): the same, always behind a key. As under all of `/v1`, unknown members are refused. */
export function sendWithKeyRoute(accept: Accept, limits: SendLimits): Route {
  const body = sendBody(limits).strict()
  const operation = { ...describeSend(body, SEND_SYNONYMS), operationId: 'sendSmsWithKey' }
  return { ...sending(body, accept, limits), path: '/v1/sms/send', operation }
}

function sending(
  body: ReturnType<typeof sendBody>,
  accept: Accept,
  limits: SendLimits,
): Pick<Route, 'method' | 'access' | 'handle'> {
  return {
    method: 'post',
    access: 'send',
    async handle(request, response, access) {
      const { customer_id, text, type, recipients } = readInput(body, request.body, SEND_SYNONYMS)
      note(response, { customer_id })
      const userId = customerServed(access, customer_id)
      // One name for both addresses, so that a repeat at the other one is a repeat.
      const keyed = readKeyed(request, { userId, route: 'sms/send', isTest: access.isTest }, answerOf)
      const sent: SendRequest = {
        userId,
        text,
        type,
        recipients: await recipientsOf(recipients, limits),
        parts: segment(text).parts.length,
        isTest: access.isTest,
        traceparent: currentTraceparent(request.get('traceparent')),
        partsLimit: access.customer && partsLimitOf(access.customer),
        spendLimits: access.customer && spendLimitsOf(access.customer),
        onUnknown: access.customer?.onUnknown,
        sending: access.customer && sendingPlanOf(access.customer),
        ...(access.customer && guaranteeOf(access.customer)),
        keyed,
      }
      // The socket, because an answer that waits behind another on its connection is not told that it closed.
      const decision = await accept(sent, () => request.socket.destroyed)
      answerSend(response, decision, { answerOf, isKeyed: keyed !== undefined })
    },
  }
}

/** Each once. Only with a region they are normalized: clients of seed 003 find them in the history as they wrote them. */
async function recipientsOf(recipients: string[], limits: SendLimits): Promise<string[]> {
  if (limits.region === undefined) return withoutEqual(recipients)
  return (await readRecipients(recipients, limits, 'recipients')).map(({ number }) => number)
}

const answerOf: AnswerOf<Accepted> = ({ smsIdentifier, recipients, cost }) => ({
  status: 200,
  body: {
    sms_identifier: smsIdentifier,
    status: 'processing',
    recipients,
    cost,
  } satisfies z.input<typeof SendAnswer>,
})
