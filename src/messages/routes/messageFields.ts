import { z } from 'zod'
import { money, time } from '../../platform/http/index.ts'
import { LISTED_RECIPIENTS_MAX } from '../describeMessages.ts'
import type { MessageView } from '../describeMessages.ts'
import { FAILURE_CODES } from '../explainFailure.ts'
import type { FailureView } from '../explainFailure.ts'
import type { RecipientView } from '../listRecipients.ts'
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
        'but one may have taken it. `undelivered`: an operator took it and could not deliver it.',
    }),
    detail: z.string().meta({ description: 'The reason in words' }),
  })
  .nullable()

const provider = z.string().nullable()
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
    from: z.string().nullable().meta({ description: "The sender; null for the operator's default" }),
    text: z.string(),
    type: z.enum(['normal', 'express']),
    recipients: z.int().meta({ description: 'Number of recipients' }),
    counts: z
      .object(Object.fromEntries(V1_STATUSES.map((each) => [each, z.int()])) as Record<V1Status, z.ZodInt>)
      .optional()
      .meta({ description: 'Recipients by status; only with several' }),
    parts,
    cost_cents: money('What was charged for all recipients; refunds do not lower it'),
    attempts: z.int().meta({ description: 'Attempts; of several recipients, the most that one has' }),
    provider: provider.meta({
      description: 'The operator that accepted or rejected it; null until then, and with several recipients',
    }),
    error: error.meta({ description: 'Why it failed; null unless it did, and with several recipients' }),
    send_at: time('When it is to be sent').nullable(),
    created_at: time('When it was accepted'),
    updated_at: time('When the status of a recipient last changed'),
  })
  .meta({ id: 'Message' })

export const MessageRecipient = z
  .object({
    to: z.string(),
    status,
    parts,
    cost_cents: money('What was charged; a refund does not lower it'),
    attempts: z.int(),
    provider: provider.meta({ description: 'The operator that accepted or rejected it; null until then' }),
    error: error.meta({ description: 'Why it failed; null unless it did' }),
    updated_at: time('When its status last changed'),
  })
  .meta({ id: 'MessageRecipient' })

export function toMessage(message: MessageView): z.input<typeof Message> {
  const isOne = message.recipients === 1
  return {
    id: message.smsIdentifier,
    status: message.status,
    to: (isOne ? message.to?.[0] : message.to) ?? null,
    from: message.sender,
    text: message.text,
    type: message.type,
    recipients: message.recipients,
    ...(isOne ? {} : { counts: message.counts }),
    parts: message.parts,
    cost_cents: message.cost,
    attempts: message.attempts,
    provider: message.provider,
    error: toError(message.failure),
    send_at: message.sendAt?.toISOString() ?? null,
    created_at: message.createdAt.toISOString(),
    updated_at: message.updatedAt.toISOString(),
  }
}

export function toMessageRecipient(one: RecipientView): z.input<typeof MessageRecipient> {
  return {
    to: one.recipient,
    status: one.status,
    parts: one.parts,
    cost_cents: one.cost,
    attempts: one.attempts,
    provider: one.provider,
    error: toError(one.failure),
    updated_at: one.updatedAt.toISOString(),
  }
}

function toError(failure: FailureView | null): z.input<typeof error> {
  return failure && { code: failure.code, detail: failure.detail }
}

const EXAMPLE_SENT: z.input<typeof MessageRecipient> = {
  to: '+989120000001',
  status: 'SENT',
  parts: 1,
  cost_cents: 1,
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
    status: 'FAILED_PERM',
    error: { code: 'rejected', detail: 'invalid number' },
    updated_at: '2026-01-19T08:30:00.391Z',
  },
]

export const EXAMPLE_MESSAGE: z.input<typeof Message> = {
  id: '019bd5a1-4c2e-7f30-9a6b-2d8e5c71f043',
  from: null,
  text: 'Your parcel arrives today.',
  type: 'normal',
  recipients: 1,
  send_at: null,
  created_at: '2026-01-19T08:30:00.142Z',
  ...EXAMPLE_SENT,
}
