import type { Response } from 'express'
import type { z } from 'zod'
import { readKey } from '../../../idempotency/index.ts'
import { partsLimitOf, rateLimitFields, spendLimitsOf } from '../../../limits/index.ts'
import { answerText, contextOf, JSON_TYPE, note } from '../../../platform/http/index.ts'
import type { Route } from '../../../platform/http/index.ts'
import { currentTraceparent } from '../../../platform/telemetry/index.ts'
import { customerOf } from '../../../primitives/access.ts'
import { sendingPlanOf } from '../../../primitives/sendingPlan.ts'
import { sumOf } from '../../bulk/outcome.ts'
import { BULK_ROUTE } from '../../bulk/keptParts.ts'
import type { AcceptBulk } from '../../bulk/openBulks.ts'
import type { BulkDecision, BulkRequest } from '../../bulk/types.ts'
import type { PrepareContext } from '../prepareMessage.ts'
import { BULK_BODY_BYTES_MAX, BULK_VALUES_MAX, bulkBody, readBulkInput } from './bulkBody.ts'
import { describeSendBulk } from './describeSendBulk.ts'
import type { BulkAnswer } from './describeSendBulk.ts'
import { cutIntoParts, hasNormal, lastSendAtOf } from './prepareBulk.ts'
import { explainRefusal, refuseBulk } from './refuseBulk.ts'

/** What the route needs beside reading the messages. */
export interface SendBulkContext extends PrepareContext {
  acceptBulk: AcceptBulk
}

/** `POST /v1/messages/bulk`: charges and accepts many different messages of the key's customer. */
export function sendBulkRoute(context: SendBulkContext): Route {
  return {
    method: 'post',
    path: '/v1/messages/bulk',
    access: 'send',
    body: { bytesMax: BULK_BODY_BYTES_MAX, valuesMax: BULK_VALUES_MAX },
    operation: describeSendBulk(bulkBody(context.limits)),
    async handle(request, response, access) {
      const input = readBulkInput(request.body, context.limits)
      const customer = customerOf(access)
      const { userId } = customer
      const { isTest } = access
      const { messages, isAllOrNothing } = input
      note(response, { customer_id: userId, messages: messages.length })
      const traceparent = currentTraceparent(request.get('traceparent'))
      const partsLimit = partsLimitOf(customer)
      // Once: a time that is valid now may be past when its part's turn comes.
      const nowMs = context.nowMs()
      // The parts of all or nothing are taken from the limit together.
      const ofBulk = {
        ...{
          userId,
          isTest,
          traceparent,
          spendLimits: spendLimitsOf(customer),
          sending: sendingPlanOf(customer),
        },
        partsLimit: isAllOrNothing ? null : partsLimit,
      }
      const bulk: BulkRequest = {
        ...{ userId, isTest, isAllOrNothing, partsLimit },
        parts: cutIntoParts(input, ofBulk, { ...context, nowMs: () => nowMs, customer }),
        keyed: readKey(request, { userId, route: BULK_ROUTE, isTest }),
        lastSendAt: lastSendAtOf(input, nowMs),
        hasNormal: hasNormal(input),
        bodyBytes: Number(request.get('content-length') ?? BULK_BODY_BYTES_MAX),
      }
      const decision = await context.acceptBulk(bulk, explainRefusal, () => request.socket.destroyed)
      answerBulk(response, decision)
    },
  }
}

/** A repeat is answered from the same outcomes, and so byte for byte. @throws Problem when no message was accepted. */
function answerBulk(response: Response, decision: BulkDecision): void {
  if (decision.kind !== 'decided') throw refuseBulk(decision)
  const { bulkId, outcomes, isReplayed, partsLeft, fault } = decision
  const sum = sumOf(outcomes)
  note(response, { bulk_id: bulkId, accepted: sum.accepted, refused: sum.refused })
  if (isReplayed) note(response, { replayed: true })
  if (fault !== undefined) contextOf(response).fault = fault
  const headers = {
    ...rateLimitFields(partsLeft ? [partsLeft] : []),
    ...(isReplayed ? { 'Idempotent-Replayed': 'true' } : {}),
  }
  const results = outcomes.flatMap((outcome) => outcome.results)
  const body = { bulk_id: bulkId, ...sum, results } satisfies z.input<typeof BulkAnswer>
  answerText(response, { status: 202, type: JSON_TYPE, headers }, JSON.stringify(body))
}
