import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { HELD_SUMMED_MAX } from '../../holds/index.ts'
import { answer, answerJson, DATABASE, money, note, ofAccess, refusals } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf, TIERS } from '../../primitives/access.ts'
import { formatCount } from '../../primitives/text.ts'
import type { AccountActions } from './actions.ts'
import { EXAMPLE_KEY, OwnKey, toOwnKey } from './keyFields.ts'
import { SHOWN_GUARANTEE, toGuaranteeItem } from './guaranteeFields.ts'
import { OwnLimits, toOwnLimits } from './ownLimits.ts'
import { SHOWN_SENDING, toSendingItem } from './sendingFields.ts'

const MeAnswer = z
  .object({
    id: z.uuid().meta({ description: 'The customer' }),
    user_id: z.int().meta({ description: "The customer's number in the routes without `/v1`" }),
    name: z.string(),
    credit_cents: money('What the customer can spend'),
    held_cents: money(
      'What is held for messages whose tariffs capture the price at the hand-over or the delivery; not a part of `credit_cents`',
    ),
    held_is_at_least: z
      .literal(true)
      .optional()
      .meta({
        description: `At least this much is held: only the first ${formatCount(HELD_SUMMED_MAX)} prices were added up`,
      }),
    currency: z.string().meta({ description: 'ISO 4217 code' }),
    tier: z.enum(TIERS),
    limits: OwnLimits,
    sending: z.object(SHOWN_SENDING).meta({ id: 'OwnSending', description: 'How its messages leave' }),
    express: z
      .object(SHOWN_GUARANTEE)
      .meta({ id: 'OwnExpress', description: 'What its express messages are promised' }),
    key: OwnKey,
  })
  .meta({ id: 'MeAnswer' })

/** `GET /v1/me`: the customer of the key, and the key. */
export function meRoute({ readCredit, readHeld, currency, requestsLimit }: AccountActions): Route {
  return {
    method: 'get',
    path: '/v1/me',
    access: 'read',
    operation,
    async handle(_request, response, access) {
      const customer = customerOf(access)
      const { userId, publicId, name, tier } = customer
      const { key } = access
      if (!key) throw new Error('a customer was found without a key')
      note(response, { customer_id: userId })
      const credit = await readCredit(userId)
      const held = await readHeld(userId)
      answerJson(response, {
        id: publicId,
        user_id: userId,
        name,
        credit_cents: credit.balance,
        held_cents: held.amount,
        ...(held.isAtLeast ? { held_is_at_least: true as const } : {}),
        currency,
        tier,
        limits: toOwnLimits(customer, credit, requestsLimit),
        sending: toSendingItem(customer),
        express: toGuaranteeItem(customer),
        key: toOwnKey(key),
      } satisfies z.input<typeof MeAnswer>)
    },
  }
}

const EXAMPLE: z.input<typeof MeAnswer> = {
  id: '019bd59e-2a40-7b1f-9c77-3e6d5f8a1b20',
  user_id: 4_817_302_956,
  name: 'Example Ltd',
  credit_cents: 95_000,
  held_cents: 40,
  currency: 'USD',
  tier: 'basic',
  limits: {
    parts: { per_minute: 300, burst: 300, remaining: 298 },
    requests: { per_second: 100, burst: 200 },
    spend: { per_day: 5_000, per_month: null, spent_of_day: 120, spent_of_month: 2_340 },
  },
  sending: {
    ...{ normal_weight: 1, sending_parts_per_second: 50 },
    sending_window: { from: '08:00', to: '20:00', time_zone: 'Asia/Tehran', express: false },
  },
  express: { guaranteed_within_ms: null, hedge: false },
  key: toOwnKey({
    ...EXAMPLE_KEY,
    expiresAt: null,
    allowedSources: EXAMPLE_KEY.allowed_sources,
  }),
}

const operation: ZodOpenApiOperationObject = {
  operationId: 'readMe',
  tags: ['account'],
  summary: 'Read the customer of the key, and the key',
  responses: {
    '200': answer('The customer', MeAnswer, EXAMPLE),
    ...refusals([...ofAccess('read'), ...DATABASE]),
  },
}
