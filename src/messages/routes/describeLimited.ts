import { z } from 'zod'
import { perMinute } from '../../limits/index.ts'
import { money, ProblemSchema, time, toProblem } from '../../platform/http/index.ts'
import type { Refusal } from '../../platform/http/index.ts'
import { refuseSend } from './refuseSend.ts'

export const SpendLimit = ProblemSchema.extend({
  period: z.enum(['day', 'month']).meta({ description: 'The day or the month of UTC' }),
  limit: money('The most that may be charged in the period'),
  spent: money('What was charged in the period so far; refunds do not lower it'),
  resets_at: time('When the next period begins'),
}).meta({ id: 'SpendLimit' })

export const RateLimit = ProblemSchema.extend({
  parts: z.int().optional().meta({ description: 'With `rate_limit`: message parts of the request' }),
  per_minute: z.int().optional().meta({ description: 'The limit: parts a minute' }),
  burst: z.int().optional().meta({ description: 'Parts at once' }),
  retry_after_seconds: z
    .int()
    .optional()
    .meta({ description: 'As `Retry-After`: when the same request is within the limit' }),
}).meta({ id: 'RateLimit' })

/** Also of a bulk of all or nothing. */
export const RATE_LIMIT_EXAMPLE = {
  ...{ retryAfterMs: 1_000, parts: 2 },
  partsLeft: { name: 'parts', limit: perMinute(60), remaining: 1, nextInSeconds: 1 },
} as const

/** Of a request that counts against the customer's limits. */
export const LIMITED: Refusal[] = [
  {
    when: "the customer's limit of message parts is used up; `Retry-After` says for how long",
    example: toProblem(refuseSend({ kind: 'rate_limit', ...RATE_LIMIT_EXAMPLE })),
    schema: RateLimit,
  },
  {
    when: "by the customer's sending window or rate it would leave more than 7 days late; `Retry-After` says when there is room",
    example: toProblem(refuseSend({ kind: 'delayed_too_far', retryAfterMs: 90_000 })),
    schema: RateLimit,
  },
  {
    when: "the customer's limit of spending in the day or the month is used up, or too little is left of it",
    example: toProblem(
      refuseSend({
        ...{ kind: 'spend_limit', period: 'day', limit: 500, spent: 498, resetsAtMs: Date.UTC(2026, 0, 20) },
      }),
    ),
    schema: SpendLimit,
  },
]
