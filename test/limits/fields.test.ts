import assert from 'node:assert/strict'
import fc from 'fast-check'
import { perMinute, perSecond, rateLimitFields, readBucket, takeUnits } from '../../src/limits/index.ts'
import type { NamedReading, RateLimit } from '../../src/limits/index.ts'

const START_MICROS = Date.parse('2026-11-29T06:00:00Z') * 1_000

function reading(name: NamedReading['name'], limit: RateLimit, taken: number, laterMicros = 0): NamedReading {
  const { tatMicros } = takeUnits(0, limit, START_MICROS, taken)
  return { name, limit, ...readBucket(tatMicros, limit, START_MICROS + laterMicros) }
}

describe('the RateLimit fields', () => {
  it('state refill, burst, rest and when one more unit comes', () => {
    assert.deepEqual(
      rateLimitFields([reading('parts', perMinute(60), 12), reading('requests', perSecond(100, 200), 1)]),
      {
        'RateLimit-Policy': '"parts";q=60;qu="parts";w=60, "requests";q=100;w=1;chapar-burst=200',
        RateLimit: '"parts";r=48;t=1, "requests";r=199;t=1',
      },
    )
  })

  it('name no time when the bucket is full, or will never be', () => {
    const full = {
      name: 'parts',
      limit: perMinute(60),
      ...readBucket(0, perMinute(60), START_MICROS),
    } as const
    assert.equal(rateLimitFields([full])['RateLimit'], '"parts";r=60')
    const never = {
      name: 'parts',
      limit: perMinute(0),
      ...readBucket(0, perMinute(0), START_MICROS),
    } as const
    assert.deepEqual(rateLimitFields([never]), {
      'RateLimit-Policy': '"parts";q=0;qu="parts";w=60',
      RateLimit: '"parts";r=0',
    })
  })

  it('show debt as nothing left, and when it will be paid', () =>
    assert.equal(rateLimitFields([reading('parts', perMinute(60, 10), 25)])['RateLimit'], '"parts";r=0;t=16'))

  it('are left out where there is no limit', () => assert.deepEqual(rateLimitFields([]), {}))

  it('say what a request may take, and no less than the wait until then', () => {
    const limits = fc
      .tuple(fc.integer({ min: 1, max: 600_000 }), fc.integer({ min: 1, max: 2_000 }))
      .map(([units, burst]) => perMinute(units, burst))
    fc.assert(
      fc.property(limits, fc.nat(4_000), fc.nat(90_000_000), (limit, units, laterMicros) => {
        const { tatMicros } = takeUnits(0, limit, START_MICROS, units)
        const now = START_MICROS + laterMicros
        const { remaining, nextInSeconds } = readBucket(tatMicros, limit, now)
        if (remaining > 0) assert.ok(takeUnits(tatMicros, limit, now, remaining).isAllowed)
        if (nextInSeconds === undefined) return assert.equal(remaining, limit.burst)
        const more = takeUnits(tatMicros, limit, now, remaining + 1)
        assert.equal(more.isAllowed, false)
        assert.ok(nextInSeconds * 1_000 >= more.retryAfterMs)
        assert.ok((nextInSeconds - 1) * 1_000 < more.retryAfterMs)
      }),
      { numRuns: 500 },
    )
  })
})
