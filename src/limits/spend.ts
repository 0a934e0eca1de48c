/** What a customer spent, in the smallest unit. The month is that of the day. */
export interface Spending {
  /** Days since 1970-01-01, UTC. */
  day: number
  ofDay: number
  ofMonth: number
}

/** Null: no limit. 0 lets only what costs nothing pass. */
export interface SpendLimits {
  dailyMax: number | null
  monthlyMax: number | null
}

/** `resetsAtMs` is the begin of the next day or month in UTC, in milliseconds since the epoch. */
export interface SpendRefusal {
  kind: 'spend_limit'
  period: 'day' | 'month'
  limit: number
  spent: number
  resetsAtMs: number
}

export type SpendDecision = { kind: 'within'; spending: Spending } | SpendRefusal

/** A month of days at this limit is a sum that a number holds exactly. */
export const SPEND_MAX = 100_000_000_000_000

/** @returns the limits of a customer; null where it has none. */
export function spendLimitsOf(customer: {
  spendPerDay: number | null
  spendPerMonth: number | null
}): SpendLimits | null {
  const { spendPerDay: dailyMax, spendPerMonth: monthlyMax } = customer
  return dailyMax === null && monthlyMax === null ? null : { dailyMax, monthlyMax }
}

const DAY_MS = 86_400_000

/**
 * Spends a cost within the limits of the day and the month. A refund gives nothing back: what counts is what was ordered,
 * so that the counters only grow within their period.
 */
export function spend(spending: Spending, limits: SpendLimits, cost: number, nowMs: number): SpendDecision {
  const { day, ofDay, ofMonth } = readSpending(spending, nowMs)
  const { dailyMax, monthlyMax } = limits
  // The month first: a customer that waits for the next day would be refused again.
  if (monthlyMax !== null && exceeds(ofMonth + cost, monthlyMax, cost))
    return {
      kind: 'spend_limit',
      period: 'month',
      limit: monthlyMax,
      spent: ofMonth,
      resetsAtMs: nextMonthMs(day),
    }
  if (dailyMax !== null && exceeds(ofDay + cost, dailyMax, cost))
    return {
      kind: 'spend_limit',
      period: 'day',
      limit: dailyMax,
      spent: ofDay,
      resetsAtMs: (day + 1) * DAY_MS,
    }
  return { kind: 'within', spending: { day, ofDay: ofDay + cost, ofMonth: ofMonth + cost } }
}

/** What costs nothing passes, also when the limit was lowered below what is spent. */
function exceeds(spent: number, max: number, cost: number): boolean {
  return cost > 0 && spent > max
}

/**
 * A clock that steps back stays on the later day, because an earlier one would give the limit a second time.
 * @returns what counts at this time: nothing of an earlier day or month.
 */
export function readSpending(spending: Spending, nowMs: number): Spending {
  const day = Math.max(spending.day, Math.floor(nowMs / DAY_MS))
  if (day === spending.day) return spending
  const isSameMonth = nextMonthMs(day) === nextMonthMs(spending.day)
  return { day, ofDay: 0, ofMonth: isSameMonth ? spending.ofMonth : 0 }
}

function nextMonthMs(day: number): number {
  const date = new Date(day * DAY_MS)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}
