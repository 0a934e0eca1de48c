import assert from 'node:assert/strict'
import fc from 'fast-check'
import { spend } from '../../src/limits/index.ts'
import type { SpendDecision, SpendLimits, Spending } from '../../src/limits/index.ts'
import { NOTHING_SPENT } from './nothingSpent.ts'

const at = (time: string) => Date.parse(time)

/** Spends one after the other, as a customer does. */
function spendAll(limits: SpendLimits, ...expenses: [string, number][]): SpendDecision[] {
  let spending: Spending = NOTHING_SPENT
  return expenses.map(([time, cost]) => {
    const decision = spend(spending, limits, cost, at(time))
    if (decision.kind === 'within') spending = decision.spending
    return decision
  })
}

const allowed = (decisions: SpendDecision[]) => decisions.map(({ kind }) => kind === 'within')

describe('a spend limit', () => {
  it('lets the last unit of the day pass, and none beyond', () => {
    const decisions = spendAll(
      { dailyMax: 100, monthlyMax: null },
      ['2026-11-29T00:00:00Z', 60],
      ['2026-11-29T12:00:00Z', 41],
      ['2026-11-29T23:59:59.999Z', 40],
      ['2026-11-29T23:59:59.999Z', 1],
    )
    assert.deepEqual(allowed(decisions), [true, false, true, false])
    assert.deepEqual(decisions[3], {
      kind: 'spend_limit',
      period: 'day',
      limit: 100,
      spent: 100,
      resetsAtMs: at('2026-11-30T00:00:00Z'),
    })
  })

  it('begins anew with the day and the month of UTC', () => {
    const limits = { dailyMax: 100, monthlyMax: 150 }
    const decisions = spendAll(
      limits,
      ['2026-11-29T23:59:59.999Z', 100],
      ['2026-11-30T00:00:00Z', 51],
      ['2026-11-30T00:00:00Z', 50],
      ['2026-11-30T23:00:00Z', 1],
      ['2026-12-01T00:00:00Z', 100],
    )
    assert.deepEqual(allowed(decisions), [true, false, true, false, true])
    assert.deepEqual(decisions[3], {
      kind: 'spend_limit',
      period: 'month',
      limit: 150,
      spent: 150,
      resetsAtMs: at('2026-12-01T00:00:00Z'),
    })
  })

  it('tells months of different years apart, and finds the next one in December', () => {
    const decisions = spendAll(
      { dailyMax: null, monthlyMax: 10 },
      ['2026-12-31T23:59:59Z', 10],
      ['2026-12-31T23:59:59Z', 1],
      ['2027-12-01T00:00:00Z', 10],
    )
    assert.deepEqual(allowed(decisions), [true, false, true])
    const [, refused] = decisions
    assert.ok(refused?.kind === 'spend_limit')
    assert.equal(refused.resetsAtMs, at('2027-01-01T00:00:00Z'))
  })

  it('is not given a second time when the clock steps back over midnight', () => {
    const decisions = spendAll(
      { dailyMax: 10, monthlyMax: null },
      ['2026-12-01T00:00:01Z', 10],
      ['2026-11-30T23:59:59Z', 1],
      ['2026-12-01T00:00:02Z', 1],
    )
    assert.deepEqual(allowed(decisions), [true, false, false])
  })

  it('of 0, or one that was lowered below what is spent, lets only pass what costs nothing', () => {
    const limits = { dailyMax: 0, monthlyMax: 0 }
    assert.deepEqual(allowed(spendAll(limits, ['2026-11-29T00:00:00Z', 1], ['2026-11-29T00:00:00Z', 0])), [
      false,
      true,
    ])
    const spending = { day: 20_786, ofDay: 50, ofMonth: 50 }
    assert.equal(
      spend(spending, { dailyMax: 40, monthlyMax: null }, 0, at('2026-11-29T12:00:00Z')).kind,
      'within',
    )
  })

  it('is never exceeded within a day or a month, whatever is asked for and when', () => {
    const expenses = fc.array(fc.record({ afterHours: fc.nat(30), cost: fc.nat(60) }), {
      minLength: 1,
      maxLength: 80,
    })
    const max = fc.option(fc.nat(300))
    fc.assert(
      fc.property(expenses, max, max, (asked, dailyMax, monthlyMax) => {
        let nowMs = at('2026-11-29T00:00:00Z')
        let spending: Spending = NOTHING_SPENT
        const days = new Map<string, number>()
        const months = new Map<string, number>()
        for (const { afterHours, cost } of asked) {
          nowMs += afterHours * 3_600_000
          const date = new Date(nowMs).toISOString()
          const [day, month] = [date.slice(0, 10), date.slice(0, 7)]
          const ofDay = (days.get(day) ?? 0) + cost
          const ofMonth = (months.get(month) ?? 0) + cost
          const fits = ofDay <= (dailyMax ?? Infinity) && ofMonth <= (monthlyMax ?? Infinity)
          const decision = spend(spending, { dailyMax, monthlyMax }, cost, nowMs)
          assert.equal(decision.kind === 'within', fits || cost === 0)
          if (decision.kind !== 'within') continue
          spending = decision.spending
          days.set(day, ofDay)
          months.set(month, ofMonth)
        }
      }),
    )
  })
})
