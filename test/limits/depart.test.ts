import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DELAY_DAYS_MAX, depart, rowRecipientsMax } from '../../src/limits/index.ts'

const NOW = Date.UTC(2026, 0, 19, 12) * 1_000
const SECOND = 1_000_000
const HOUR = 3_600 * SECOND
const NOON_TO_ONE = { fromMinute: 720, toMinute: 780, timeZone: 'UTC', hasExpress: false }
const MORNING = { fromMinute: 480, toMinute: 540, timeZone: 'UTC', hasExpress: false }

type Asked = Partial<Omit<Parameters<typeof depart>[0], 'plan'>> &
  Partial<Parameters<typeof depart>[0]['plan']>
const decide = ({ partsPerSecond = null, window = null, ...others }: Asked) =>
  depart({
    plan: { partsPerSecond, window },
    ...{ tatMicros: 0, nowMicros: NOW, sendAtMicros: undefined, parts: [1] },
    ...others,
  })
const leave = (asked: Asked) => {
  const decision = decide(asked)
  if (decision.kind !== 'departs') throw new Error(`it is ${decision.kind}`)
  return decision
}

describe('the times at which a customer’s messages leave', () => {
  it('are at once without a rate and a window, and nothing is kept of them', () => {
    assert.deepEqual(leave({ parts: [5, 5], tatMicros: 7 }), {
      ...{ kind: 'departs', dueMicros: [undefined, undefined], delayedBy: undefined, tatMicros: 7 },
    })
  })

  it('are those of a rate from the first part that may not leave at once', () => {
    const first = leave({ partsPerSecond: 50, parts: [1, 2, 1] })
    assert.deepEqual(first.dueMicros, [undefined, NOW + 20_000, NOW + 60_000])
    assert.deepEqual([first.delayedBy, first.tatMicros], ['rate', NOW + 80_000])
    const next = leave({ partsPerSecond: 50, tatMicros: first.tatMicros, nowMicros: NOW + 1_000 })
    assert.deepEqual(next.dueMicros, [NOW + 80_000])
  })

  it('never exceed the rate, however the parts come, and reach it while there are enough', () => {
    const arrivals = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 2 * SECOND }), fc.integer({ min: 1, max: 20 })),
      { minLength: 2, maxLength: 60 },
    )
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 200 }), (all, partsPerSecond) => {
        let [now, tatMicros] = [NOW, 0]
        const left: { at: number; parts: number }[] = []
        for (const [after, parts] of all) {
          now += after
          const { dueMicros, tatMicros: next } = leave({
            partsPerSecond,
            tatMicros,
            nowMicros: now,
            parts: [parts],
          })
          left.push({ at: dueMicros[0] ?? now, parts })
          tatMicros = next
        }
        for (const [index, { at, parts }] of left.entries()) {
          const following = left[index + 1]
          if (following) assert.ok((following.at - at) * partsPerSecond >= parts * SECOND)
        }
      }),
    )
  })

  it('are the next opening of a window, each customer at a pace that lets others take turns', () => {
    const { dueMicros, delayedBy, tatMicros } = leave({ window: MORNING, parts: [100, 100] })
    const opening = NOW + 20 * HOUR
    assert.deepEqual([dueMicros, delayedBy], [[opening, opening + 20_000], 'window'])
    assert.deepEqual(leave({ window: MORNING, tatMicros }).dueMicros, [opening + 40_000], 'behind them')
  })

  it('are at once within the window', () => {
    const { dueMicros, tatMicros } = leave({ window: NOON_TO_ONE, parts: [100, 100] })
    assert.deepEqual([dueMicros, tatMicros], [[undefined, undefined], 0])
  })

  it('are those of a rate within the window, and the rest is for the next one', () => {
    const parts = Array.from({ length: 3_700 }, () => 1)
    const { dueMicros, delayedBy } = leave({ window: NOON_TO_ONE, partsPerSecond: 1, parts })
    assert.deepEqual([dueMicros[1], dueMicros[3_599]], [NOW + SECOND, NOW + HOUR - SECOND])
    assert.deepEqual([dueMicros[3_600], dueMicros[3_601]], [NOW + 24 * HOUR, NOW + 24 * HOUR + SECOND])
    assert.equal(delayedBy, 'window')
  })

  it('count from the message’s own time, which does not hold up what is for an earlier one', () => {
    const sendAtMicros = NOW + 5 * HOUR
    const later = leave({ partsPerSecond: 1, sendAtMicros, parts: [1, 1] })
    assert.deepEqual([later.dueMicros, later.tatMicros], [[sendAtMicros, sendAtMicros + SECOND], 0])
    const inTheQueue = leave({ partsPerSecond: 1, sendAtMicros: NOW + SECOND, tatMicros: NOW + 9 * SECOND })
    assert.deepEqual([inTheQueue.dueMicros, inTheQueue.tatMicros], [[NOW + 9 * SECOND], NOW + 10 * SECOND])
    assert.deepEqual(leave({ window: MORNING, sendAtMicros }).dueMicros, [NOW + 20 * HOUR])
  })

  it('are not more than some days behind it: the wait until there is room is said, unless there never is', () => {
    const most = DELAY_DAYS_MAX * 24 * HOUR
    const full = { partsPerSecond: 1, tatMicros: NOW + most - SECOND }
    assert.equal(decide({ ...full, parts: [1, 1] }).kind, 'departs')
    assert.deepEqual(decide({ ...full, parts: [1, 1, 1] }), { kind: 'too_far', retryAfterMs: 1_000 })
    const oneMinute = { fromMinute: 720, toMinute: 721, timeZone: 'UTC', hasExpress: false }
    const tooMuch = Array.from({ length: 500 }, () => 1)
    assert.deepEqual(decide({ window: oneMinute, partsPerSecond: 1, parts: tooMuch }), {
      ...{ kind: 'too_far', retryAfterMs: Infinity },
    })
  })

  it('are of rows with a tenth of a second’s parts, so that they leave evenly', () => {
    const sizes = [1, 50, 1_000, 10_000].map((partsPerSecond) => rowRecipientsMax({ partsPerSecond }, 1))
    assert.deepEqual(sizes, [1, 5, 100, 1_000])
    assert.deepEqual(
      [rowRecipientsMax({ partsPerSecond: 50 }, 3), rowRecipientsMax({ partsPerSecond: null }, 3)],
      [1, Infinity],
    )
  })
})
