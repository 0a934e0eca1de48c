import { z } from 'zod'
import { elseSay, invalidField, money, time, timeWithOffset, wholeNumber } from '../../platform/http/index.ts'
import { CHARGING } from '../../primitives/charging.ts'
import { CLASSES } from '../../primitives/messageClass.ts'
import type { CustomerTariff, TariffValues } from '../index.ts'

/** Far above any price; ten thousand recipients of ten parts stay exact. */
const PRICE_MAX = 1_000_000_000
/** By default three days, for which operators usually try. At most far below the time that messages are kept. */
const RECEIPT_WAIT_SECONDS = { min: 1, max: 1_209_600, default: 259_200 }
const PREFIX = 'must be up to 15 digits without a plus, or empty for all numbers'

function instant(description: string) {
  return timeWithOffset().optional().meta({ description })
}

export const TariffBody = z.strictObject({
  customer: z.uuid('must be the id of a customer').nullable().default(null).meta({
    description: 'The `id` of the customer that it is for; null for all',
  }),
  type: z.enum(CLASSES).nullable().default(null).meta({ description: 'null for both' }),
  destination_prefix: z
    .string()
    .regex(/^[0-9]{0,15}$/, PREFIX)
    .refine((prefix) => !prefix.startsWith('00'), 'must begin with the calling code, without 00')
    .default('')
    .meta({
      description: 'What a number begins with, in digits without a plus; empty for all numbers',
      examples: ['98'],
    }),
  per: z.enum(['message', 'part']).meta({ description: 'What the price is for, of one recipient' }),
  price: wholeNumber(0, PRICE_MAX).meta({ description: 'In the smallest currency unit', examples: [5] }),
  refund_missed: z.boolean(elseSay('must be true or false')).default(false).meta({
    description: 'The price of an express recipient goes back when its guarantee was missed',
  }),
  charging: z
    .enum(CHARGING)
    .default('acceptance')
    .meta({
      description:
        'When the price is captured; until then it is held, and goes back if that does not happen. `acceptance`: it is never ' +
        'held. `hand_over`: when an operator takes the message. `delivery`: when the operator says that it was delivered',
    }),
  receipt_wait_seconds: wholeNumber(RECEIPT_WAIT_SECONDS.min, RECEIPT_WAIT_SECONDS.max)
    .optional()
    .meta({
      description: `With \`delivery\`: how long after the hand-over the operator may take to say so; then the price goes back. ${RECEIPT_WAIT_SECONDS.default} if left out`,
    }),
  valid_from: instant('When it begins; now, if left out. A time that has passed is allowed'),
  valid_until: instant('When it ends; not before it is ended, if left out'),
})

export const TariffEndBody = z.strictObject({
  valid_until: instant('When it ends; now, if left out. A time that has passed is refused'),
})

export const TariffItem = z
  .object({
    id: z.int().meta({ description: 'Stays with each message that it priced' }),
    customer: z.uuid().nullable().meta({ description: 'The customer that it is for; null for all' }),
    user_id: z.int().nullable().meta({ description: "The customer's number in the routes without `/v1`" }),
    type: z.enum(CLASSES).nullable(),
    destination_prefix: z.string(),
    per: z.enum(['message', 'part']),
    price: money('The price'),
    refund_missed: z.boolean(),
    charging: z.enum(CHARGING).meta({ description: 'When the price is captured; until then it is held' }),
    receipt_wait_seconds: z.int().nullable().meta({
      description: 'How long after the hand-over the price is held; null unless it is captured by delivery',
    }),
    valid_from: time('When it begins'),
    valid_until: time('When it ends').nullable(),
    created_at: time('When it was created'),
  })
  .meta({ id: 'Tariff' })

/**
 * @throws Problem 400 `invalid_request` when it would end before it begins, has ended already, or compensates normal
 * messages.
 */
export function toTariffValues(body: z.output<typeof TariffBody>, nowMs: number): TariffValues {
  const validFromMs = body.valid_from === undefined ? nowMs : Date.parse(body.valid_from)
  const validUntilMs = body.valid_until === undefined ? null : Date.parse(body.valid_until)
  if (validUntilMs !== null && validUntilMs <= validFromMs)
    throw invalidField('valid_until', 'must be after valid_from')
  if (validUntilMs !== null && validUntilMs <= nowMs)
    throw invalidField('valid_until', 'must be in the future')
  if (body.refund_missed && body.type === 'normal')
    throw invalidField('refund_missed', 'is only for express messages, which have guarantees')
  return {
    ...{ customer: body.customer, type: body.type, destinationPrefix: body.destination_prefix },
    ...{ per: body.per, price: body.price, refundMissed: body.refund_missed, validFromMs, validUntilMs },
    ...{ charging: body.charging, receiptWaitSeconds: toReceiptWait(body) },
  }
}

/** @throws Problem 400 `invalid_request` for a wait that nothing would need. */
function toReceiptWait({
  charging,
  receipt_wait_seconds: seconds,
}: z.output<typeof TariffBody>): number | null {
  if (charging === 'delivery') return seconds ?? RECEIPT_WAIT_SECONDS.default
  if (seconds === undefined) return null
  throw invalidField('receipt_wait_seconds', 'is only for charging by delivery')
}

/** @returns when the tariff is to end; undefined for now. @throws Problem 400 `invalid_request` for the past. */
export function toTariffEnd(
  { valid_until: text }: z.output<typeof TariffEndBody>,
  nowMs: number,
): number | undefined {
  if (text === undefined) return undefined
  const atMs = Date.parse(text)
  if (atMs < nowMs) throw invalidField('valid_until', 'must not be in the past')
  return atMs
}

export function toTariffItem(tariff: CustomerTariff): z.input<typeof TariffItem> {
  const { validFromMs, validUntilMs } = tariff
  return {
    ...{ id: tariff.id, customer: tariff.customer, user_id: tariff.userId, type: tariff.type },
    ...{ destination_prefix: tariff.destinationPrefix, per: tariff.per, price: tariff.price },
    refund_missed: tariff.refundMissed ?? false,
    ...{ charging: tariff.charging, receipt_wait_seconds: tariff.receiptWaitSeconds },
    valid_from: new Date(validFromMs).toISOString(),
    valid_until: validUntilMs === null ? null : new Date(validUntilMs).toISOString(),
    created_at: tariff.createdAt.toISOString(),
  }
}

export const EXAMPLE_TARIFF: z.input<typeof TariffItem> = {
  ...{ id: 17, customer: '019bd59e-2a40-7b1f-9c77-3e6d5f8a1b20', user_id: 4_817_302_956 },
  ...{ type: null, destination_prefix: '98', per: 'part', price: 5 },
  refund_missed: false,
  ...{ charging: 'delivery', receipt_wait_seconds: 259_200 },
  ...{ valid_from: '2026-01-19T08:15:00.000Z', valid_until: null },
  created_at: '2026-01-19T08:15:00.000Z',
}
