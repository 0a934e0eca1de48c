import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  UNITS_PER_SECOND_MAX,
  perMinute,
  perSecond,
  retryAfterSeconds,
  takeUnits,
} from '../../src/limits/index.ts'
import type { RateLimit } from '../../src/limits/index.ts'

/** A moment of this decade, as the database's clock has it. */
const START_MICROS = Date.parse('2026-11-29T06:00:00.123Z') * 1_000 + 457
const SECOND_MICROS = 1_000_000
const RUNS = 500

const limit: fc.Arbitrary<RateLimit> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 60 * UNITS_PER_SECOND_MAX }), fc.integer({ min: 1, max: 2_000 }))
    .map(([units, burst]) => perMinute(units, burst)),
  fc
    .tuple(fc.integer({ min: 1, max: UNITS_PER_SECOND_MAX }), fc.integer({ min: 1, max: 2_000 }))
    .map(([units, burst]) => perSecond(units, burst)),
)

/** A request as the limit sees it: so many intervals and microseconds after the one before, for a part of the burst. */
interface Step {
  intervals: number
  micros: number
  share: number
}
const steps = (shareMax: number) =>
  fc.array(
    fc.record({
      intervals: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
      micros: fc.integer({ min: 0, max: 2 }),
      share: fc.double({ min: 0, max: shareMax, noNaN: true }),
    }),
    { minLength: 1, maxLength: 60 },
  )

interface Offered {
  atMicros: number
  units: number
  isAllowed: boolean
}

/** Rounded up apart from the product, to the whole microseconds that the product counts in. */
const intervalOf = ({ units, windowSeconds }: RateLimit) => Math.ceil((windowSeconds * SECOND_MICROS) / units)

function offer(of: RateLimit, schedule: Step[]): Offered[] {
  const intervalMicros = intervalOf(of)
  let nowMicros = START_MICROS
  let tat = 0
  return schedule.map(({ intervals, micros, share }) => {
    nowMicros += intervals * intervalMicros + micros
    const units = Math.max(1, Math.round(share * of.burst))
    const { isAllowed, tatMicros } = takeUnits(tat, of, nowMicros, units)
    tat = tatMicros
    return { atMicros: nowMicros, units, isAllowed }
  })
}

/** A bucket as a child would keep it: what is in it, in microseconds of refill. */
function offerToModel(of: RateLimit, schedule: Step[]): boolean[] {
  const interval = BigInt(intervalOf(of))
  const full = BigInt(of.burst) * interval
  let level = full
  return schedule.map(({ intervals, micros, share }) => {
    level += BigInt(intervals) * interval + BigInt(micros)
    if (level > full) level = full
    const units = BigInt(Math.max(1, Math.round(share * of.burst)))
    const isAllowed = level === full || level >= units * interval
    if (isAllowed) level -= units * interval
    return isAllowed
  })
}

describe('the bucket of a customer', () => {
  it('gives the burst and the refill since any moment, and never a unit more', () => {
    fc.assert(
      fc.property(limit, steps(1), (of, schedule) => {
        const offered = offer(of, schedule).filter(({ isAllowed }) => isAllowed)
        for (const [index, first] of offered.entries()) {
          let taken = 0
          for (const { atMicros, units } of offered.slice(index)) {
            taken += units
            const refilled = Math.floor((atMicros - first.atMicros) / intervalOf(of))
            assert.ok(taken <= of.burst + refilled, `${taken} > ${of.burst} + ${refilled}`)
          }
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('decides every request as a simple model of a bucket does, larger ones than the burst included', () => {
    fc.assert(
      fc.property(limit, steps(3), (of, schedule) => {
        assert.deepEqual(
          offer(of, schedule).map(({ isAllowed }) => isAllowed),
          offerToModel(of, schedule),
        )
      }),
      { numRuns: RUNS },
    )
  })

  it('gives a client that always asks exactly what it may have: 6,200 parts in 60 s at 100 a second and burst 200', () => {
    const of = perSecond(100, 200)
    let tat = 0
    let accepted = 0
    for (let micros = 0; micros <= 60 * SECOND_MICROS; micros += 1_000) {
      const taken = takeUnits(tat, of, START_MICROS + micros, 1)
      tat = taken.tatMicros
      if (taken.isAllowed) accepted++
    }
    assert.equal(accepted, 6_200)
  })

  it('refuses a second time no client that waits as long as Retry-After says', () => {
    fc.assert(
      fc.property(limit, steps(3), fc.integer({ min: 1, max: 6_000 }), (of, schedule, units) => {
        let nowMicros = START_MICROS
        let tat = 0
        for (const { intervals, micros, share } of schedule) {
          nowMicros += intervals * intervalOf(of) + micros
          tat = takeUnits(tat, of, nowMicros, Math.max(1, Math.round(share * of.burst))).tatMicros
        }
        const first = takeUnits(tat, of, nowMicros, units)
        if (first.isAllowed) return assert.equal(first.retryAfterMs, 0)
        const seconds = retryAfterSeconds(first.retryAfterMs)
        assert.ok(Number.isInteger(seconds) && seconds >= 1)
        assert.ok(takeUnits(tat, of, nowMicros + seconds * SECOND_MICROS, units).isAllowed)
        // The rest of the window and not the whole window: a millisecond less is too early.
        const early = nowMicros + (first.retryAfterMs - 1) * 1_000
        assert.equal(takeUnits(tat, of, early, units).isAllowed, false)
        assert.ok(seconds === 1 || (seconds - 1) * 1_000 < first.retryAfterMs)
      }),
      { numRuns: RUNS },
    )
  })

  it('allows a request larger than the burst when it is full, and is in debt until that is paid', () => {
    const of = perMinute(60, 10)
    const large = takeUnits(0, of, START_MICROS, 25)
    assert.equal(large.isAllowed, true)
    const at = (seconds: number) => START_MICROS + seconds * SECOND_MICROS
    assert.deepEqual(takeUnits(large.tatMicros, of, at(0), 1), {
      isAllowed: false,
      tatMicros: large.tatMicros,
      retryAfterMs: 16_000,
    })
    assert.equal(takeUnits(large.tatMicros, of, at(16), 1).isAllowed, true)
    assert.equal(takeUnits(large.tatMicros, of, at(24), 25).isAllowed, false)
    assert.equal(takeUnits(large.tatMicros, of, at(25), 25).isAllowed, true)
  })

  it('leaves nothing taken by a refused request', () => {
    const of = perMinute(60, 10)
    const { tatMicros } = takeUnits(0, of, START_MICROS, 8)
    const refused = takeUnits(tatMicros, of, START_MICROS, 3)
    assert.deepEqual([refused.isAllowed, refused.tatMicros], [false, tatMicros])
    assert.equal(takeUnits(refused.tatMicros, of, START_MICROS, 2).isAllowed, true)
  })

  it('counts the requests of a batch, which have one time, one after the other', () => {
    const of = perSecond(1, 5)
    let tat = 0
    const decided = [2, 2, 2, 1].map((units) => {
      const taken = takeUnits(tat, of, START_MICROS, units)
      tat = taken.tatMicros
      return taken.isAllowed
    })
    assert.deepEqual(decided, [true, true, false, true])
  })

  it('gives nothing back when the clock steps back', () => {
    const of = perSecond(1, 1)
    const { tatMicros } = takeUnits(0, of, START_MICROS, 1)
    assert.equal(takeUnits(tatMicros, of, START_MICROS - SECOND_MICROS, 1).retryAfterMs, 2_000)
  })

  it('refuses always when the limit is 0, and says to ask again in an hour', () => {
    const taken = takeUnits(0, perMinute(0), START_MICROS, 1)
    assert.deepEqual(taken, { isAllowed: false, tatMicros: 0, retryAfterMs: Infinity })
    assert.equal(retryAfterSeconds(taken.retryAfterMs), 3_600)
  })
})

describe('Retry-After', () => {
  for (const [ms, seconds] of [
    [1, 1],
    [999, 1],
    [1_000, 1],
    [1_001, 2],
    [0, 1],
    [59_400, 60],
  ] as const)
    it(`is ${seconds} for a wait of ${ms} ms`, () => assert.equal(retryAfterSeconds(ms), seconds))
})
