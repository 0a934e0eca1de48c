import { z } from 'zod'
import { money, time } from '../../platform/http/index.ts'
import { CHARGING } from '../../primitives/charging.ts'
import { ON_UNKNOWN } from '../../primitives/onUnknown.ts'
import { LISTED_RECIPIENTS_MAX } from '../describeMessages.ts'
import type { MessageView } from '../describeMessages.ts'
import { FAILURE_CODES } from '../explainFailure.ts'
import type { FailureView } from '../explainFailure.ts'
import type { RecipientView } from '../listRecipients.ts'
import { MONEY_STATES } from '../moneyState.ts'
import { V1_STATUSES } from '../states.ts'
import type { V1Status } from '../states.ts'

export const MessagePath = z.object({
  id: z.uuid().meta({ description: 'The message' }),
})

const status = z.enum(V1_STATUSES).meta({
  description:
    '`QUEUED` and `SCHEDULED`: waits to be sent. `SENDING`: an operator is being called. `SENT`: an operator accepted it. ' +
    '`DELIVERED`: the operator said so. `FAILED_TEMP`: waits for another attempt. `FAILED_PERM`: no operator accepted it, or ' +
    'it was not delivered; see `error`. `CANCELLED`: withdrawn before it was sent; refunded. With several recipients: ' +
    '`SENDING` while they differ and some are not finished, then `SENT` if one was sent.',
})

const error = z
  .object({
    code: z.enum(FAILURE_CODES).meta({
      description:
        '`rejected`: an operator will never take it. `not_accepted`: no operator took it in time. `possibly_sent`: the same, ' +
        'but one may have taken it. `expired`: its time was over before an operator took it. `undelivered`: an operator ' +
        'took it and could not deliver it. `no_route`: no operator is configured for it. `no_test_operator`: a test key sent ' +
        'it, and there is no test operator.',
    }),
    detail: z.string().meta({ description: 'The reason in words' }),
  })
  .nullable()

const provider = z.string().nullable()
const possibleDuplicate = z.literal(true).optional().meta({
  description:
    'It was handed over again although an operator may have had it, under the same reference: the handset may get it twice',
})
const charging = z.enum(CHARGING).meta({
  description: 'When the price is captured, by the tariff at acceptance; until then it is held',
})
const moneyState = z.enum(MONEY_STATES)
const MONEY =
  '`charged`: paid at acceptance. `held`: charged, and not captured yet. `captured`: paid at the hand-over or the delivery. ' +
  '`refunded`: it went back. `released`: it went back, with `charging` other than `acceptance`'
const parts = z.int().meta({ description: 'Parts of the text' })

export const Message = z
  .object({
    id: z.uuid(),
    status,
    to: z
      .union([z.string(), z.array(z.string())])
      .nullable()
      .meta({
        description: `The number, or the list of several; null when there are more than ${LISTED_RECIPIENTS_MAX}: read them from \`/recipients\``,
      }),
    to_given: z
      .union([z.string(), z.array(z.string().nullable())])
      .nullable()
      .meta({
        description:
          'The number as it was written, where that differs from `to`; with several, a list that has null for the others. Null when none differs, and when `to` is null',
      }),
    from: z.string().nullable().meta({ description: "The sender; null for the operator's default" }),
    client_reference: z.string().nullable().meta({ description: 'Your own name for it' }),
    tags: z.array(z.string()),
    text: z.string(),
    type: z.enum(['normal', 'express']),
    test: z.literal(true).optional().meta({
      description: 'A test key sent it: it cost nothing, and only the test operator got it',
    }),
    recipients: z.int().meta({ description: 'Number of recipients' }),
    counts: z
      .object(Object.fromEntries(V1_STATUSES.map((each) => [each, z.int()])) as Record<V1Status, z.ZodInt>)
      .optional()
      .meta({ description: 'Recipients by status; only with several' }),
    parts,
    cost_cents: money('What was charged for all recipients; refunds do not lower it'),
    charging: charging.nullable(),
    money: moneyState.nullable().meta({ description: `${MONEY}; null where recipients differ` }),
    held_cents: money('What of it is held'),
    returned_cents: money('What of it went back'),
    attempts: z.int().meta({ description: 'Attempts; of several recipients, the most that one has' }),
    provider: provider.meta({
      description: 'The operator that accepted or rejected it; null until then, and with several recipients',
    }),
    error: error.meta({
      description:
        'Why it failed, or with `FAILED_TEMP` why its last attempt did; otherwise null, and with several recipients',
    }),
    possible_duplicate: possibleDuplicate,
    on_unknown: z.enum(ON_UNKNOWN).nullable().meta({
      description:
        'Whether it is sent again while it is not known whether an operator took it; null where its class and operators decide',
    }),
    send_at: time('When it is to be sent').nullable(),
    expires_at: time(
      'When it is not sent any more; null if it had no `expires_in_seconds`: then the class decides',
    ).nullable(),
    guaranteed_by: time(
      'By when it is guaranteed to be handed over to an operator; null without a guarantee',
    ).nullable(),
    created_at: time('When it was accepted'),
    updated_at: time('When the status of a recipient last changed'),
  })
  .meta({ id: 'Message' })

export const MessageRecipient = z
  .object({
    to: z.string(),
    to_given: z.string().nullable().meta({ description: 'As it was written; null when that is the same' }),
    status,
    parts,
    cost_cents: money('What was charged; a refund does not lower it'),
    charging,
    money: moneyState.meta({ description: MONEY }),
    returned_cents: money('What of it went back'),
    attempts: z.int(),
    provider: provider.meta({ description: 'The operator that accepted or rejected it; null until then' }),
    error: error.meta({
      description: 'Why it failed, or with `FAILED_TEMP` why its last attempt did; otherwise null',
    }),
    possible_duplicate: possibleDuplicate,
    updated_at: time('When its status last changed'),
  })
  .meta({ id: 'MessageRecipient' })

export function toMessage(message: MessageView): z.input<typeof Message> {
  const isOne = message.recipients === 1
  return {
    id: message.smsIdentifier,
    status: message.status,
    to: (isOne ? message.to?.[0] : message.to) ?? null,
    to_given: (isOne ? message.toGiven?.[0] : message.toGiven) ?? null,
    from: message.sender,
    client_reference: message.clientReference,
    tags: message.tags,
    text: message.text,
    type: message.type,
    ...(message.isTest ? { test: true as const } : {}),
    recipients: message.recipients,
    ...(isOne ? {} : { counts: message.counts }),
    parts: message.parts,
    cost_cents: message.cost,
    ...{ charging: message.charging, money: message.money },
    ...{ held_cents: message.held, returned_cents: message.returned },
    attempts: message.attempts,
    provider: message.provider,
    error: toError(message.failure),
    ...(message.isPossibleDuplicate ? { possible_duplicate: true as const } : {}),
    on_unknown: message.onUnknown,
    send_at: message.sendAt?.toISOString() ?? null,
    expires_at: message.expiresAt?.toISOString() ?? null,
    guaranteed_by: message.guaranteedBy?.toISOString() ?? null,
    created_at: message.createdAt.toISOString(),
    updated_at: message.updatedAt.toISOString(),
  }
}

export function toMessageRecipient(one: RecipientView): z.input<typeof MessageRecipient> {
  return {
    to: one.recipient,
    to_given: one.givenTo,
    status: one.status,
    parts: one.parts,
    cost_cents: one.cost,
    ...{ charging: one.charging, money: one.money, returned_cents: one.returned },
    attempts: one.attempts,
    provider: one.provider,
    error: toError(one.failure),
    ...(one.isPossibleDuplicate ? { possible_duplicate: true as const } : {}),
    updated_at: one.updatedAt.toISOString(),
  }
}

function toError(failure: FailureView | null): z.input<typeof error> {
  return failure && { code: failure.code, detail: failure.detail }
}

const EXAMPLE_SENT: z.input<typeof MessageRecipient> = {
  to: '+989120000001',
  to_given: '09120000001',
  status: 'SENT',
  parts: 1,
  cost_cents: 1,
  ...{ charging: 'acceptance', money: 'charged', returned_cents: 0 },
  attempts: 1,
  provider: 'operator-a',
  error: null,
  updated_at: '2026-01-19T08:30:00.388Z',
}

export const EXAMPLE_RECIPIENTS: z.input<typeof MessageRecipient>[] = [
  EXAMPLE_SENT,
  {
    ...EXAMPLE_SENT,
    to: '+989120000002',
    to_given: null,
    status: 'FAILED_PERM',
    ...{ money: 'refunded', returned_cents: 1 },
    error: { code: 'rejected', detail: 'invalid number' },
    updated_at: '2026-01-19T08:30:00.391Z',
  },
]

export const EXAMPLE_MESSAGE: z.input<typeof Message> = {
  id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
  from: null,
  client_reference: 'order-1843',
  tags: ['shop'],
  text: 'Your parcel arrives today.',
  type: 'normal',
  recipients: 1,
  on_unknown: null,
  send_at: null,
  expires_at: null,
  guaranteed_by: null,
  created_at: '2026-01-19T08:30:00.142Z',
  held_cents: 0,
  ...EXAMPLE_SENT,
}
