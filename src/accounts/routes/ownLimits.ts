import { z } from 'zod'
import { partsLimitOf, readBucket, readSpending, requestsLimitOf, spendLimitsOf } from '../../limits/index.ts'
import type { RateLimit, SpendLimits, Spending } from '../../limits/index.ts'
import { money } from '../../platform/http/index.ts'
import type { Credit } from '../../ledger/index.ts'
import type { AccessCustomer } from '../../primitives/access.ts'

const burst = z.int().meta({ description: 'The most at once' })

const most = z.int().nullable().meta({ description: 'In the smallest currency unit; null for no limit' })

/** The limits of a customer, as it sees them. */
export const OwnLimits = z
  .object({
    parts: z
      .object({
        per_minute: z.int(),
        burst,
        remaining: z.int().meta({ description: 'Parts that can be sent now' }),
      })
      .nullable()
      .meta({ description: 'Of message parts; null for no limit' }),
    requests: z
      .object({ per_second: z.int(), burst })
      .meta({ description: 'Of requests, reads included, in each process that serves them' }),
    spend: z
      .object({
        per_day: most,
        per_month: most,
        spent_of_day: money('Charged in this day of UTC under a limit'),
        spent_of_month: money('Charged in this month of UTC under a limit'),
      })
      .nullable()
      .meta({ description: 'Of spending; null for no limit' }),
  })
  .meta({ id: 'OwnLimits' })

export function toOwnLimits(
  customer: AccessCustomer,
  { partsTatMicros, spending, readAtMicros }: Credit,
  limitOfAll: RateLimit,
): z.input<typeof OwnLimits> {
  const parts = partsLimitOf(customer)
  const requests = requestsLimitOf(customer, limitOfAll)
  return {
    parts: parts && {
      ...{ per_minute: parts.units, burst: parts.burst },
      remaining: readBucket(partsTatMicros, parts, readAtMicros).remaining,
    },
    requests: { per_second: requests.units, burst: requests.burst },
    spend: toSpend(spendLimitsOf(customer), readSpending(spending, Math.floor(readAtMicros / 1_000))),
  }
}

function toSpend(limits: SpendLimits | null, { ofDay, ofMonth }: Spending) {
  if (!limits) return null
  const { dailyMax, monthlyMax } = limits
  return { per_day: dailyMax, per_month: monthlyMax, spent_of_day: ofDay, spent_of_month: ofMonth }
}
