import { z } from 'zod'
import { elseSay, storableText, time, wholeNumber } from '../../platform/http/index.ts'
import { senderText } from '../../numbers/index.ts'
import { BURST_MAX, SPEND_MAX, UNITS_PER_SECOND_MAX } from '../../limits/index.ts'
import { TIERS } from '../../primitives/access.ts'
import { ON_UNKNOWN } from '../../primitives/onUnknown.ts'
import type { Customer, CustomerValues } from '../index.ts'
import { GUARANTEE, SHOWN_GUARANTEE, toGuaranteeItem, toGuaranteeValues } from './guaranteeFields.ts'
import { SENDING, SHOWN_SENDING, toSendingItem, toSendingValues } from './sendingFields.ts'

const NAME_CHARS_MAX = 100
const PARTS_PER_MINUTE_MAX = UNITS_PER_SECOND_MAX * 60

const name = storableText(1, NAME_CHARS_MAX).meta({
  description: 'Length in Unicode code points',
  examples: ['Example Ltd'],
})
const tier = z.enum(TIERS).meta({ description: 'Stands for limits' })

function ownLimit(min: number, max: number, description: string) {
  return wholeNumber(min, max).nullable().optional().meta({ description })
}

const COUNTED = 'counted in the smallest currency unit while there is a limit, without refunds'

const LIMITS = {
  parts_per_minute: ownLimit(
    0,
    PARTS_PER_MINUTE_MAX,
    "Message parts a minute; 0 refuses all, null for the tier's",
  ),
  parts_burst: ownLimit(1, BURST_MAX, "Message parts at once; null for a minute's worth"),
  requests_per_second: ownLimit(
    0,
    UNITS_PER_SECOND_MAX,
    'Requests a second in each process; 0 refuses all, null for `RATE_LIMIT_RPS`',
  ),
  spend_per_day: ownLimit(0, SPEND_MAX, `Charged in a day of UTC at most, ${COUNTED}; null for no limit`),
  spend_per_month: ownLimit(0, SPEND_MAX, `Charged in a month of UTC at most, ${COUNTED}; null for no limit`),
}

/** The size of the column, which holds as many of the longest. */
const SENDERS_MAX = 50

const ALLOWED_SENDERS = {
  allowed_senders: z
    .array(senderText())
    .min(1, 'must contain at least one sender')
    .max(SENDERS_MAX)
    .nullable()
    .optional()
    .meta({
      description:
        "Senders that messages may name, compared exactly; null for any. A message that names none is from the operator's default",
    }),
}

const OWN_ON_UNKNOWN = {
  on_unknown: z
    .enum(ON_UNKNOWN, elseSay(`must be one of ${ON_UNKNOWN.join(', ')}, or null`))
    .nullable()
    .optional()
    .meta({
      description:
        '`on_unknown` of messages that do not say it; null where their class and their operators decide',
    }),
}

export const CustomerBody = z.strictObject({
  name,
  tier: tier.default('free'),
  ...LIMITS,
  ...ALLOWED_SENDERS,
  ...OWN_ON_UNKNOWN,
  ...SENDING,
  ...GUARANTEE,
  user_id: wholeNumber(1).optional().meta({
    description: 'The number of a customer that has a balance already; a new one, if left out',
  }),
})

export const CustomerPatch = z.strictObject({
  name: name.optional(),
  tier: z.enum(TIERS, elseSay(`must be one of ${TIERS.join(', ')}`)).optional(),
  ...LIMITS,
  ...ALLOWED_SENDERS,
  ...OWN_ON_UNKNOWN,
  ...SENDING,
  ...GUARANTEE,
})

const shownLimit = z.int().nullable().meta({ description: 'Own limit; null where the general one applies' })

export const CustomerItem = z
  .object({
    id: z.uuid(),
    user_id: z.int().meta({ description: 'The number in the routes without `/v1`' }),
    name: z.string(),
    tier: z.enum(TIERS),
    parts_per_minute: shownLimit,
    parts_burst: shownLimit,
    requests_per_second: shownLimit,
    allowed_senders: z
      .array(z.string())
      .nullable()
      .meta({ description: 'Senders that its messages may name; null for any' }),
    spend_per_day: shownLimit,
    spend_per_month: shownLimit,
    on_unknown: z
      .enum(ON_UNKNOWN)
      .nullable()
      .meta({ description: 'Of messages that do not say it; null where their class and operators decide' }),
    ...SHOWN_SENDING,
    ...SHOWN_GUARANTEE,
    created_at: time('When it was created'),
    updated_at: time('When its values last changed'),
  })
  .meta({ id: 'Customer' })

export function toCustomerItem(customer: Customer): z.input<typeof CustomerItem> {
  return {
    id: customer.publicId,
    user_id: customer.userId,
    name: customer.name,
    tier: customer.tier,
    parts_per_minute: customer.partsPerMinute,
    parts_burst: customer.partsBurst,
    requests_per_second: customer.requestsPerSecond,
    allowed_senders: customer.allowedSenders && [...customer.allowedSenders],
    spend_per_day: customer.spendPerDay,
    spend_per_month: customer.spendPerMonth,
    on_unknown: customer.onUnknown,
    ...toSendingItem(customer),
    ...toGuaranteeItem(customer),
    created_at: customer.createdAt.toISOString(),
    updated_at: customer.updatedAt.toISOString(),
  }
}

/** @returns the values that the body sets; a limit of null is a value. */
export function toValues(body: z.output<typeof CustomerPatch>): Partial<CustomerValues> {
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.tier === undefined ? {} : { tier: body.tier }),
    ...(body.parts_per_minute === undefined ? {} : { partsPerMinute: body.parts_per_minute }),
    ...(body.parts_burst === undefined ? {} : { partsBurst: body.parts_burst }),
    ...(body.requests_per_second === undefined ? {} : { requestsPerSecond: body.requests_per_second }),
    ...(body.allowed_senders === undefined ? {} : { allowedSenders: body.allowed_senders }),
    ...(body.spend_per_day === undefined ? {} : { spendPerDay: body.spend_per_day }),
    ...(body.spend_per_month === undefined ? {} : { spendPerMonth: body.spend_per_month }),
    ...(body.on_unknown === undefined ? {} : { onUnknown: body.on_unknown }),
    ...toSendingValues(body),
    ...toGuaranteeValues(body),
  }
}

export const EXAMPLE_CUSTOMER: z.input<typeof CustomerItem> = {
  id: '019bd59e-2a40-7b1f-9c77-3e6d5f8a1b20',
  user_id: 4_817_302_956,
  name: 'Example Ltd',
  tier: 'basic',
  parts_per_minute: null,
  parts_burst: null,
  requests_per_second: null,
  allowed_senders: null,
  spend_per_day: null,
  spend_per_month: null,
  on_unknown: null,
  ...{ normal_weight: 1, sending_parts_per_second: null, sending_window: null },
  ...{ guaranteed_within_ms: null, hedge: false },
  created_at: '2026-01-19T08:15:00.000Z',
  updated_at: '2026-01-19T08:15:00.000Z',
}
