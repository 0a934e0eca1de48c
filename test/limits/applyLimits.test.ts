import assert from 'node:assert/strict'
import { applyLimits, openRefusedCustomers, perMinute, perSecond } from '../../src/limits/index.ts'
import type { Limits, Usage } from '../../src/limits/index.ts'
import { NOTHING_SPENT } from './nothingSpent.ts'

const NOW_MICROS = Date.parse('2026-11-29T12:00:00Z') * 1_000
const SECOND_MICROS = 1_000_000
const UNUSED: Usage = { tatMicros: 0, spending: NOTHING_SPENT }

function limitsOf(parts: Limits['parts'], dailyMax: number | null = null): Limits {
  return { parts, spend: dailyMax === null ? null : { dailyMax, monthlyMax: null } }
}

/** The usage after a request that is within its limits. */
function use(usage: Usage, limits: Limits, parts: number, cost: number, nowMicros = NOW_MICROS): Usage {
  const decision = applyLimits(usage, limits, { parts, cost }, nowMicros)
  assert.ok(decision.kind === 'within')
  return decision.usage
}

describe('the limits of a customer', () => {
  it('change nothing where there are none', () => {
    const usage = { tatMicros: 5, spending: { day: 1, ofDay: 2, ofMonth: 3 } }
    assert.deepEqual(applyLimits(usage, limitsOf(null), { parts: 10_000, cost: 10_000 }, NOW_MICROS), {
      kind: 'within',
      usage,
    })
  })

  it('take parts and money together', () => {
    const limits = limitsOf(perMinute(60, 10), 100)
    let usage = use(UNUSED, limits, 4, 40)
    usage = use(usage, limits, 6, 60)
    assert.equal(usage.tatMicros, NOW_MICROS + 10 * SECOND_MICROS)
    assert.deepEqual([usage.spending.ofDay, usage.spending.ofMonth], [100, 100])
  })

  it('refuse too many parts, and say when they may be sent', () => {
    const limits = limitsOf(perMinute(60, 10), 100)
    const usage = use(UNUSED, limits, 8, 1)
    assert.deepEqual(applyLimits(usage, limits, { parts: 5, cost: 1 }, NOW_MICROS), {
      kind: 'rate_limit',
      retryAfterMs: 3_000,
      limit: limits.parts,
    })
  })

  it('refuse too much money without taking the parts', () => {
    const limits = limitsOf(perMinute(60, 10), 100)
    const usage = use(UNUSED, limits, 5, 90)
    assert.deepEqual(applyLimits(usage, limits, { parts: 5, cost: 11 }, NOW_MICROS), {
      kind: 'spend_limit',
      period: 'day',
      limit: 100,
      spent: 90,
      resetsAtMs: Date.parse('2026-11-30T00:00:00Z'),
    })
    assert.equal(applyLimits(usage, limits, { parts: 5, cost: 10 }, NOW_MICROS).kind, 'within')
  })
})

describe('the memory of refused customers', () => {
  const limits = limitsOf(perSecond(1, 10), 100)
  const empty = { ...UNUSED, tatMicros: NOW_MICROS + 10 * SECOND_MICROS }
  const one = { parts: 1, cost: 1 }

  it('refuses as long as the database would, and leaves the last moments to it', () => {
    const refused = openRefusedCustomers()
    refused.remember(7, empty)
    const at = (ms: number) => refused.refusalOf(7, limits, one, NOW_MICROS + ms * 1_000)
    assert.equal(at(0)?.kind, 'rate_limit')
    assert.equal(at(949)?.kind, 'rate_limit')
    assert.equal(at(950), undefined)
    // What may succeed is forgotten.
    assert.equal(at(0), undefined)
  })

  it('tells a wait after which a clock that was wrong by 50 ms does not matter', () => {
    const refused = openRefusedCustomers()
    refused.remember(7, empty)
    const refusal = refused.refusalOf(7, limits, one, NOW_MICROS)
    assert.deepEqual(refusal, {
      ...{ kind: 'rate_limit', retryAfterMs: 1_050, limit: limits.parts, usage: empty },
    })
  })

  it('lets a smaller request reach the database, which may have room for it', () => {
    const refused = openRefusedCustomers()
    refused.remember(7, { ...UNUSED, tatMicros: NOW_MICROS + 5 * SECOND_MICROS })
    assert.equal(refused.refusalOf(7, limits, { parts: 6, cost: 1 }, NOW_MICROS)?.kind, 'rate_limit')
    assert.equal(refused.refusalOf(7, limits, { parts: 5, cost: 1 }, NOW_MICROS), undefined)
  })

  it('follows a limit that was raised meanwhile', () => {
    const refused = openRefusedCustomers()
    refused.remember(7, empty)
    assert.equal(refused.refusalOf(7, limitsOf(perSecond(1, 20)), one, NOW_MICROS), undefined)
  })

  it('remembers what was spent until the day is over', () => {
    const refused = openRefusedCustomers()
    const usage = use(UNUSED, limits, 1, 100)
    refused.remember(7, usage)
    const tomorrow = Date.parse('2026-11-30T00:00:00Z') * 1_000
    assert.equal(refused.refusalOf(7, limits, one, tomorrow - SECOND_MICROS)?.kind, 'spend_limit')
    assert.equal(refused.refusalOf(7, limits, one, tomorrow), undefined)
  })

  it('is of each customer, and forgets the one that was refused longest ago when it is full', () => {
    const refused = openRefusedCustomers(2)
    const isRefused = (userId: number) => refused.refusalOf(userId, limits, one, NOW_MICROS) !== undefined
    for (const userId of [1, 2, 1, 3]) refused.remember(userId, empty)
    assert.deepEqual([1, 2, 3, 4].map(isRefused), [true, false, true, false])
  })
})
