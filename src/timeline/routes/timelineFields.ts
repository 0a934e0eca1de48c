import { z } from 'zod'
import { V1_STATUSES } from '../../messages/index.ts'
import { nextCursor, time } from '../../platform/http/index.ts'
import { WAITING_FOR } from '../explainWaiting.ts'
import type { Waiting } from '../explainWaiting.ts'
import { sayWaiting } from '../sayWaiting.ts'
import type { MessageTimeline, RecipientTimeline } from '../types.ts'
import { AdminTimelineStep, TimelineStep, toWireStep } from './stepFields.ts'

const WaitingFields = z
  .object({
    for: z.enum(WAITING_FOR).meta({
      description:
        '`turn`: recipients before it. `queue`: it is on its way to an operator. `operator`: it is being submitted. `lease`: ' +
        'a consumer that had it does not answer. `retry`: another attempt. `schedule`: its time to be sent. ' +
        '`window`, `rate`: the time at which the sending window or the sending rate lets it leave. ' +
        '`answer`: an operator may have it; a receipt or another question ends it. ' +
        '`operators_stopped`: all operators of its route are paused or drained. `operators_unreachable`: none of them answers. ' +
        '`relay`: it is due. `move`: ask again. `quarantine`: a decision, because an operator may have it',
    }),
    detail: z.string().meta({ description: 'The same as a sentence' }),
    since: time('Since when').nullable(),
    until: time('Until when at most').nullable(),
    recipients_before: z.int().nullable().meta({
      description:
        'About how many recipients are before it, while it waits for its turn or is due; counted up to some hundred thousand',
    }),
    hand_over_estimated_at: time('About when an operator gets it').nullable().meta({
      description: 'About when an operator gets it, in UTC; null when that is not known',
    }),
  })
  .meta({ id: 'MessageWaiting' })

const recipientFields = {
  to: z.string(),
  status: z.enum(V1_STATUSES),
  possible_duplicate: z.literal(true).optional().meta({
    description: 'It was handed over again although an operator may have had it',
  }),
  waiting: WaitingFields.nullable().meta({ description: 'Null when nothing is to come' }),
}
const inOrder = { description: 'In the order of time' }
const ofAll = { description: 'What concerns all recipients, in the order of time' }

const messageFields = {
  id: z.uuid(),
  type: z.enum(['normal', 'express']),
  test: z.literal(true).optional().meta({ description: 'A test key sent it' }),
  recipients: z.int().meta({ description: 'Number of recipients' }),
  send_at: time('When it is to be sent').nullable(),
  expires_at: time('When it expires, if the message says so').nullable(),
  guaranteed_by: time('By when it is guaranteed to be handed over; null without a guarantee').nullable(),
  created_at: time('When it was accepted'),
  incomplete: z.literal(true).optional().meta({
    description: 'Too much happened to be on one page, and some steps are left out: ask for fewer recipients',
  }),
  next_cursor: nextCursor,
}

export const TimelineAnswer = z
  .object({
    ...messageFields,
    steps: z.array(TimelineStep).meta(ofAll),
    timelines: z.array(
      z
        .object({ ...recipientFields, steps: z.array(TimelineStep).meta(inOrder) })
        .meta({ id: 'RecipientTimeline' }),
    ),
  })
  .meta({ id: 'MessageTimeline' })

export const AdminTimelineAnswer = z
  .object({
    ...messageFields,
    user_id: z.int().meta({ description: "The customer's number" }),
    steps: z.array(AdminTimelineStep).meta(ofAll),
    timelines: z.array(
      z
        .object({
          recipient_no: z.int().meta({ description: 'Of the message, from 1 on' }),
          ...recipientFields,
          steps: z.array(AdminTimelineStep).meta(inOrder),
        })
        .meta({ id: 'AdminRecipientTimeline' }),
    ),
  })
  .meta({ id: 'AdminMessageTimeline' })

export function toTimeline(timeline: MessageTimeline, cursor: string | null): z.input<typeof TimelineAnswer> {
  return {
    ...toMessage(timeline, cursor),
    steps: timeline.steps.map((step) => toWireStep(step, false)),
    timelines: timeline.timelines.map((one) => ({
      ...toRecipient(one, false),
      steps: one.steps.map((step) => toWireStep(step, false)),
    })),
  }
}

export function toAdminTimeline(
  timeline: MessageTimeline,
  cursor: string | null,
): z.input<typeof AdminTimelineAnswer> {
  return {
    ...toMessage(timeline, cursor),
    user_id: timeline.userId,
    steps: timeline.steps.map((step) => toWireStep(step, true)),
    timelines: timeline.timelines.map((one) => ({
      recipient_no: one.recipientNo,
      ...toRecipient(one, true),
      steps: one.steps.map((step) => toWireStep(step, true)),
    })),
  }
}

function toMessage(timeline: MessageTimeline, cursor: string | null) {
  return {
    ...{ id: timeline.smsIdentifier, type: timeline.type },
    ...(timeline.isTest ? { test: true as const } : {}),
    recipients: timeline.recipients,
    send_at: timeline.sendAt?.toISOString() ?? null,
    expires_at: timeline.expiresAt?.toISOString() ?? null,
    guaranteed_by: timeline.guaranteedBy?.toISOString() ?? null,
    created_at: timeline.createdAt.toISOString(),
    ...(timeline.isComplete ? {} : { incomplete: true as const }),
    next_cursor: cursor,
  }
}

function toRecipient(one: RecipientTimeline, isAdmins: boolean) {
  return {
    ...{ to: one.recipient, status: one.status },
    ...(one.isPossibleDuplicate ? { possible_duplicate: true as const } : {}),
    waiting: one.waiting && toWaiting(one.waiting, isAdmins),
  }
}

function toWaiting(waiting: Waiting, isAdmins: boolean): z.input<typeof WaitingFields> {
  return {
    ...{ for: waiting.for, detail: sayWaiting(waiting, { forStaff: isAdmins }) },
    since: waiting.since?.toISOString() ?? null,
    until: waiting.until?.toISOString() ?? null,
    recipients_before: waiting.before?.recipients ?? null,
    hand_over_estimated_at: waiting.handOverAt?.toISOString() ?? null,
  }
}
