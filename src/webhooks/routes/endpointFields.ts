import { z } from 'zod'
import { elseSay, time, wholeNumber } from '../../platform/http/index.ts'
import type { Endpoint, EndpointValues } from '../index.ts'
import { ENDPOINTS_MAX, OVERLAP_HOURS } from '../index.ts'
import { findUrlFault } from '../../primitives/publicUrl.ts'
import { eventType } from './eventFields.ts'

/** @returns the field of an address that events go to. */
export function endpointUrl(allowsPrivate: boolean) {
  return z
    .string()
    .superRefine((text, check) => {
      const fault = findUrlFault(text, { allowsPrivate })
      if (fault !== undefined) check.addIssue({ code: 'custom', message: fault })
    })
    .meta({
      description: 'An https address on the internet. It is called, never followed to another one',
      format: 'uri',
      examples: ['https://shop.example/chapar'],
    })
}

const events = z
  .array(eventType, elseSay('must be an array of types, such as ["message.sent"]'))
  .min(1, 'must contain at least one type')
  .refine((types) => new Set(types).size === types.length, 'must contain each type once')
  .nullable()
  .meta({ description: 'The types it gets; null for all', examples: [['message.delivered']] })
const includeText = z
  .boolean(elseSay('must be true or false'))
  .meta({ description: "Put the message's text into its events" })

export function endpointBody(allowsPrivate: boolean) {
  return z.strictObject({
    url: endpointUrl(allowsPrivate),
    events: events.default(null),
    include_text: includeText.default(false),
  })
}

export function endpointChange(allowsPrivate: boolean) {
  return z.strictObject({
    url: endpointUrl(allowsPrivate).optional(),
    events: events.optional(),
    include_text: includeText.optional(),
  })
}

export const ReplayBody = z.strictObject({
  after: wholeNumber(0).meta({
    description: 'Every event with a larger `sequence` is sent again, also what was delivered',
    examples: [40],
  }),
})

export const EndpointPath = z.object({ id: z.uuid().meta({ description: 'The endpoint' }) })

const SHAPE = {
  id: z.uuid(),
  url: z.string(),
  events: z.array(eventType).nullable(),
  include_text: z.boolean(),
  status: z.enum(['active', 'disabled']),
  disabled_reason: z.string().nullable().meta({
    description: '`gone`: it answered 410. `failing`: it failed for days. A test that succeeds resumes it',
  }),
  position: z
    .int()
    .meta({ description: 'The `sequence` of the last event that was sent to it at least once' }),
  failures: z.int().meta({ description: 'Failures in a row' }),
  failing_since: time('Since when it fails').nullable(),
  created_at: time('When it was created'),
  updated_at: time('When it was changed last'),
}

export const WebhookEndpoint = z.object(SHAPE).meta({ id: 'WebhookEndpoint' })

const secret = z.string().meta({ description: 'What signs the events. Keep it: it is shown only here' })

export const NewEndpoint = z.object({ ...SHAPE, secret }).meta({ id: 'NewWebhookEndpoint' })

export const EndpointsAnswer = z
  .object({ webhooks: z.array(WebhookEndpoint).meta({ description: `At most ${ENDPOINTS_MAX}` }) })
  .meta({ id: 'WebhooksAnswer' })

export const SecretAnswer = z
  .object({
    secret,
    previous_valid_until: time(
      `Until when the secret before signs too, for ${OVERLAP_HOURS} hours`,
    ).nullable(),
  })
  .meta({ id: 'WebhookSecret' })

export function toValues(body: {
  url: string
  events: EndpointValues['eventTypes']
  include_text: boolean
}): EndpointValues {
  return { url: body.url, eventTypes: body.events, includeText: body.include_text }
}

export function toEndpointAnswer(endpoint: Endpoint): z.input<typeof WebhookEndpoint> {
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: endpoint.eventTypes,
    include_text: endpoint.includeText,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    position: endpoint.position,
    failures: endpoint.failures,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  }
}

export const EXAMPLE_ENDPOINT: z.input<typeof WebhookEndpoint> = {
  id: '019bd5a2-1e0f-7a44-b3c6-8f1d2a6e9b70',
  url: 'https://shop.example/chapar',
  events: ['message.delivered', 'message.failed'],
  include_text: false,
  status: 'active',
  disabled_reason: null,
  position: 40,
  failures: 0,
  failing_since: null,
  created_at: '2026-01-19T08:25:00.000Z',
  updated_at: '2026-01-19T08:25:00.000Z',
}

export const EXAMPLE_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
