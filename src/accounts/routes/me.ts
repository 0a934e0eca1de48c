import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { answer, answerJson, DATABASE, money, note, ofAccess, refusals } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf, TIERS } from '../../primitives/access.ts'
import type { AccountActions } from './actions.ts'
import { EXAMPLE_KEY, OwnKey, toOwnKey } from './keyFields.ts'
import { OwnLimits, toOwnLimits } from './ownLimits.ts'

const MeAnswer = z
  .object({
    id: z.uuid().meta({ description: 'The customer' }),
    user_id: z.int().meta({ description: "The customer's number in the routes without `/v1`" }),
    name: z.string(),
    credit_cents: money('What the customer can spend'),
    currency: z.string().meta({ description: 'ISO 4217 code' }),
    tier: z.enum(TIERS),
    limits: OwnLimits,
    key: OwnKey,
  })
  .meta({ id: 'MeAnswer' })

/** `GET /v1/me`: the customer of the key, and the key. */
export function meRoute({ readCredit, currency, requestsLimit }: AccountActions): Route {
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
      answerJson(response, {
        id: publicId,
        user_id: userId,
        name,
        credit_cents: credit.balance,
        currency,
        tier,
        limits: toOwnLimits(customer, credit, requestsLimit),
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
  currency: 'USD',
  tier: 'basic',
  limits: {
    parts: { per_minute: 300, burst: 300, remaining: 298 },
    requests: { per_second: 100, burst: 200 },
    spend: { per_day: 5_000, per_month: null, spent_of_day: 120, spent_of_month: 2_340 },
  },
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
