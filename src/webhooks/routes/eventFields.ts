import { z } from 'zod'
import { EVENT_TYPES, MESSAGE_EVENT_TYPES } from '../../events/index.ts'
import { FAILURE_CODES, V1_STATUSES } from '../../messages/index.ts'
import { money, time } from '../../platform/http/index.ts'

const MessageEventData = z
  .object({
    message_id: z.uuid(),
    recipient_no: z.int().meta({ description: "Its place among the message's recipients, from 1 on" }),
    to: z.string(),
    status: z.enum(V1_STATUSES).meta({ description: 'At the time of the event' }),
    client_reference: z.string().nullable(),
    tags: z.array(z.string()),
    type: z.enum(['normal', 'express']),
    parts: z.int(),
    cost_cents: money('What was charged; a refund does not lower it'),
    provider: z.string().nullable().meta({ description: 'The operator that accepted or rejected it' }),
    error: z
      .object({ code: z.enum(FAILURE_CODES), detail: z.string() })
      .nullable()
      .meta({ description: 'Why it failed or was not delivered' }),
    test: z.literal(true).optional().meta({ description: 'A test key sent it' }),
    text: z.string().optional().meta({ description: 'Only at an endpoint with `include_text`' }),
  })
  .meta({ id: 'MessageEventData' })

const BalanceEventData = z
  .object({
    message_id: z.uuid().meta({ description: 'Whose charge it was' }),
    balance_cents: money('The balance after the charge'),
    threshold_cents: money('What it fell below'),
  })
  .meta({ id: 'BalanceEventData' })

const common = {
  id: z.string().meta({
    description: 'Also the header `webhook-id`: the same at every attempt and in the feed',
  }),
  sequence: z.int().meta({
    description: 'Your events are numbered from 1 on. The feed has every number, a filtered endpoint has not',
  }),
  timestamp: time('When it happened'),
}

export const Event = z
  .union([
    z.object({ ...common, type: z.enum(MESSAGE_EVENT_TYPES), data: MessageEventData }),
    z.object({ ...common, type: z.literal('balance.low'), data: BalanceEventData }),
  ])
  .meta({ id: 'Event' })

export const eventType = z.enum(EVENT_TYPES)

export const EXAMPLE_SENT: z.input<typeof Event> = {
  id: 'evt_019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043_1_1',
  type: 'message.sent',
  sequence: 41,
  timestamp: '2026-01-19T08:30:00.388Z',
  data: {
    message_id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
    recipient_no: 1,
    to: '+989120000001',
    status: 'SENT',
    client_reference: 'order-1843',
    tags: ['shop'],
    type: 'normal',
    parts: 1,
    cost_cents: 1,
    provider: 'operator-a',
    error: null,
  },
}
