import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  BURST_MAX,
  PARTS_OF_TIER,
  UNITS_PER_SECOND_MAX,
  partsLimitOf,
  perMinute,
  perSecond,
} from '../../src/limits/index.ts'
import { intervalMicrosOf } from '../../src/limits/rateLimit.ts'

describe('a rate limit', () => {
  it('is never faster than stated, and less than 1 % slower', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 * UNITS_PER_SECOND_MAX }),
        fc.constantFrom(perMinute, perSecond),
        (units, make) => {
          const of = make(make === perSecond ? Math.ceil(units / 60) : units)
          const unitsPerWindow = (of.windowSeconds * 1_000_000) / intervalMicrosOf(of)
          assert.ok(unitsPerWindow <= of.units && unitsPerWindow > of.units * 0.99, String(unitsPerWindow))
        },
      ),
    )
  })

  it('is exact for every tier and for the default limit of requests', () => {
    for (const of of [...Object.values(PARTS_OF_TIER), perSecond(100, 200)])
      assert.equal(intervalMicrosOf(of) * of.units, of.windowSeconds * 1_000_000)
  })

  for (const [units, burst] of [
    [-1, 1],
    [1.5, 1],
    [NaN, 1],
    [60 * UNITS_PER_SECOND_MAX + 1, 1],
    [60, 0],
    [60, 0.5],
    [60, BURST_MAX + 1],
  ] as const)
    it(`is not made of ${units} a minute with a burst of ${burst}`, () =>
      assert.throws(() => perMinute(units, burst), RangeError))
})

describe('the limit of a customer', () => {
  const none = { tier: null, partsPerMinute: null, partsBurst: null }
  const of = (units: number, burst = units) => ({ units, windowSeconds: 60, burst })

  it('is that of its tier', () => {
    const limits = (['free', 'basic', 'premium'] as const).map((tier) => partsLimitOf({ ...none, tier }))
    assert.deepEqual(limits, [of(60), of(300), of(1_000)])
  })

  it('is none without a tier and values of its own', () => assert.equal(partsLimitOf(none), null))

  it('is its own where it has values of its own', () => {
    assert.deepEqual(partsLimitOf({ ...none, tier: 'free', partsPerMinute: 6_000 }), of(6_000))
    assert.deepEqual(partsLimitOf({ ...none, tier: 'free', partsBurst: 10 }), of(60, 10))
    assert.deepEqual(partsLimitOf({ tier: null, partsPerMinute: 10, partsBurst: 20 }), of(10, 20))
    assert.deepEqual(partsLimitOf({ ...none, tier: 'premium', partsPerMinute: 0 }), of(0))
  })
})
