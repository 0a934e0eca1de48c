import { z } from 'zod'
import { elseSay, storableText, time, wholeNumber } from '../../platform/http/index.ts'
import { BURST_MAX, UNITS_PER_SECOND_MAX } from '../../limits/index.ts'
import { TIERS } from '../../primitives/access.ts'
import type { Customer, CustomerValues } from '../index.ts'

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
    'Requests a second in each process; null for no limit',
  ),
}

export const CustomerBody = z.strictObject({
  name,
  tier: tier.default('free'),
  ...LIMITS,
  user_id: wholeNumber(1).optional().meta({
    description: 'The number of a customer that has a balance already; a new one, if left out',
  }),
})

export const CustomerPatch = z.strictObject({
  name: name.optional(),
  tier: z.enum(TIERS, elseSay(`must be one of ${TIERS.join(', ')}`)).optional(),
  ...LIMITS,
})

const shownLimit = z.int().nullable().meta({ description: 'Own limit; null where there is none' })

export const CustomerItem = z
  .object({
    id: z.uuid(),
    user_id: z.int().meta({ description: 'The number in the routes without `/v1`' }),
    name: z.string(),
    tier: z.enum(TIERS),
    parts_per_minute: shownLimit,
    parts_burst: shownLimit,
    requests_per_second: shownLimit,
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
  }
}

export const NO_LIMITS = { partsPerMinute: null, partsBurst: null, requestsPerSecond: null }

export const EXAMPLE_CUSTOMER: z.input<typeof CustomerItem> = {
  id: '019bd59e-2a40-7b1f-9c77-3e6d5f8a1b20',
  user_id: 4_817_302_956,
  name: 'Example Ltd',
  tier: 'basic',
  parts_per_minute: null,
  parts_burst: null,
  requests_per_second: null,
  created_at: '2026-01-19T08:15:00.000Z',
  updated_at: '2026-01-19T08:15:00.000Z',
}
