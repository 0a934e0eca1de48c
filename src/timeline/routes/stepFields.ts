import { z } from 'zod'
import { FAILURE_CODES } from '../../messages/index.ts'
import { money, time } from '../../platform/http/index.ts'
import { DELAYED } from '../describeTimeline.ts'
import type { Step } from '../types.ts'

const STEPS = [
  ...(['accepted', 'charged', 'scheduled', 'attempt', 'missed', 'sent', 'quarantined', 'receipt'] as const),
  ...(['delivered', 'undelivered', 'failed', 'cancelled'] as const),
  ...(['refunded', 'released', 'compensated', 'event', 'webhook'] as const),
] as const satisfies readonly Step['step'][]

export const TimelineStep = z
  .object({
    step: z.enum(STEPS).meta({
      description:
        '`attempt`: one submission to an operator. `missed`: its guarantee was over. `sent`: an operator has it. `receipt`: what an operator said later. ' +
        '`released`: a price that was held went back. `compensated`: the price went back for a missed deadline. ' +
        '`event`: it is in the feed, and at the endpoints that want it, each a `webhook`',
    }),
    at: time('When'),
    amount_cents: money('Charged, or what went back').optional(),
    until: time('When it is to be sent').optional().meta({
      description:
        'When it is to be sent; the last of it, where the sending window or rate of its customer delays it',
    }),
    attempt: z.int().optional().meta({ description: 'Operators that were called in turn share a number' }),
    provider: z.string().optional().meta({ description: 'The operator' }),
    result: z.string().optional().meta({
      description:
        'Of an attempt: `accepted`, `rejected`, `unavailable`, `refused` or `unknown`. Of a missed guarantee: `late` or `unsent`. Of a receipt, what it changed: `applied`, or why nothing. Of a webhook: `pending`, `delivered` or `failed`',
    }),
    detail: z.string().optional().meta({ description: 'The reason in words' }),
    route: z.string().nullable().optional().meta({
      description: 'Why this operator. Null of a first attempt that succeeded: only its result is kept',
    }),
    hedge: z
      .literal(true)
      .optional()
      .meta({ description: 'It went to this operator while another one had not answered' }),
    late_by_ms: z
      .int()
      .optional()
      .meta({ description: 'How long after its guarantee it was sent or failed' }),
    duration_ms: z.int().nullable().optional().meta({ description: 'Likewise' }),
    verdict: z
      .enum(['delivered', 'undelivered'])
      .nullable()
      .optional()
      .meta({ description: 'Of a receipt; null when it is not final' }),
    part: z.int().nullable().optional().meta({ description: 'Of the text; null for all of it' }),
    error_code: z.string().nullable().optional().meta({ description: "The operator's own" }),
    cause: z.string().nullable().optional().meta({ description: 'Its common name' }),
    done_at: time("By the operator's clock").nullable().optional(),
    error: z
      .object({ code: z.enum(FAILURE_CODES), detail: z.string() })
      .optional()
      .meta({ description: 'As the message shows it' }),
    event_type: z.string().optional(),
    sequence: z
      .int()
      .nullable()
      .optional()
      .meta({ description: 'Of the event; null until it has its number' }),
    endpoint_id: z.uuid().nullable().optional().meta({ description: 'Null for the `callback_url`' }),
    attempts: z.int().optional(),
    http_status: z.int().nullable().optional().meta({ description: 'Of the last answer; null without one' }),
    next_attempt_at: time('When the next attempt follows').nullable().optional(),
  })
  .meta({ id: 'TimelineStep' })

export const AdminTimelineStep = TimelineStep.extend({
  operator_messages: z
    .array(z.object({ provider: z.string(), part: z.int().nullable(), id: z.string() }))
    .optional()
    .meta({ description: "The operator's own identifiers of the message, or of its parts" }),
  raw: z.string().optional().meta({ description: 'The receipt as it came: its first 1,000 characters' }),
}).meta({ id: 'AdminTimelineStep' })

/** @param isAdmins whether it also shows the operators' identifiers, receipts as they came, and why it is in quarantine. */
export function toWireStep(step: Step, isAdmins: boolean): z.input<typeof AdminTimelineStep> {
  const at = step.at.toISOString()
  const detailsOf = (): Omit<z.input<typeof AdminTimelineStep>, 'step' | 'at'> => {
    switch (step.step) {
      case 'accepted':
      case 'delivered':
      case 'cancelled':
        return {}
      case 'charged':
        return { amount_cents: step.amount }
      case 'scheduled':
        return { until: step.until.toISOString(), ...(step.isDelayed ? { detail: DELAYED } : {}) }
      case 'attempt':
        return {
          ...{ attempt: step.attempt, provider: step.provider, result: step.result, detail: step.reason },
          ...{ route: step.routeReason, duration_ms: step.durationMs },
          ...(step.isHedge ? { hedge: true as const } : {}),
        }
      case 'missed':
        return { result: step.cause, late_by_ms: step.lateByMs }
      case 'sent':
        return { provider: step.provider, ...(isAdmins ? { operator_messages: step.operatorIds } : {}) }
      case 'quarantined':
        return isAdmins ? { detail: step.reason } : {}
      case 'receipt':
        return {
          ...{ provider: step.provider, result: step.state, verdict: step.verdict, part: step.part },
          ...{ error_code: step.code, cause: step.cause, done_at: step.doneAt?.toISOString() ?? null },
          ...(isAdmins ? { raw: step.raw } : {}),
        }
      case 'undelivered':
      case 'failed':
        return { ...(step.provider === '' ? {} : { provider: step.provider }), error: step.failure }
      case 'refunded':
      case 'released':
      case 'compensated':
        return { amount_cents: step.amount, detail: step.reason }
      case 'event':
        return { event_type: step.type, sequence: step.sequence }
      case 'webhook':
        return {
          ...{ event_type: step.type, sequence: step.sequence, endpoint_id: step.endpointId },
          ...{ result: step.status, attempts: step.attempts, http_status: step.httpStatus },
          ...(step.error === null ? {} : { detail: step.error }),
          next_attempt_at: step.nextAttemptAt?.toISOString() ?? null,
        }
    }
  }
  return { step: step.step, at, ...detailsOf() }
}
