import assert from 'node:assert/strict'
import fc from 'fast-check'
import { chooseBest } from '../../../loadtest/bench/baselines/chooseBest.ts'
import { lower } from '../../../loadtest/bench/measure/measureBest.ts'
import { formOf } from '../../../loadtest/bench/form.ts'
import { findHighest } from '../../../loadtest/bench/measure/search.ts'

const WHOLE_FORM = formOf('whole', undefined)
const options = { step: 1.4, resolution: 1.05, probesMax: 60 }

describe('the search for the highest rate that holds', () => {
  it('ends within its resolution below whatever the system carries, wherever it begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 30, max: 20_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        async (capacity, start) => {
          const { best } = await findHighest((rate) => Promise.resolve(rate <= capacity), {
            ...options,
            start,
          })
          assert.ok(best <= capacity && best * options.resolution >= capacity - 1, `${best} of ${capacity}`)
        },
      ),
    )
  })

  it('tells all that it tried, and never more than it may', async () => {
    const probe = (rate: number) => Promise.resolve(rate <= 1_000)
    const { best, probes } = await findHighest(probe, { ...options, start: 900, probesMax: 3 })
    assert.equal(probes.length, 3)
    assert.deepEqual(
      probes.map(({ rate, isSustained }) => [rate, isSustained]),
      [
        [900, true],
        [1_260, false],
        [1_065, false],
      ],
    )
    assert.equal(best, 900)
  })

  it('tries a rate again before it takes it for too high, when it is told to, but not on the way down', async () => {
    let times = 0
    const capricious = (rate: number) => Promise.resolve(rate <= 1_000 && ++times !== 2)
    const search = { ...options, start: 700 }
    assert.ok((await findHighest(capricious, search)).best < 980, 'one bad moment at 980')
    times = 0
    const { probes } = await findHighest(capricious, { ...search, retries: 1 })
    assert.deepEqual(probes.map(({ rate, isSustained }) => [rate, isSustained]).slice(0, 5), [
      [700, true],
      [980, false],
      [980, true],
      [1_372, false],
      [1_372, false],
    ])
    const down = await findHighest((rate) => Promise.resolve(rate <= 300), {
      ...options,
      start: 700,
      retries: 1,
    })
    assert.deepEqual(down.probes.map(({ rate }) => rate).slice(0, 5), [700, 700, 500, 357, 255])
  })

  it('finds nothing when nothing holds, and comes to an end', async () => {
    const { best, probes } = await findHighest(() => Promise.resolve(false), { ...options, start: 100 })
    assert.equal(best, 0)
    assert.ok(probes.every(({ rate }) => rate >= 1))
  })
})

describe('a rate that did not hold', () => {
  it('falls to what was carried, and further each time', () => {
    assert.equal(lower(1_000, 800, 0), 800)
    assert.equal(lower(1_000, 1_200, 0), 960)
    assert.equal(lower(1_000, 800, 2), 720)
  })

  it('comes to one that holds while the machine loses a tenth of its strength from one to the next', () => {
    let strength = 1_000
    let rate = 1_200
    let lowerings = 0
    while (rate > strength) {
      rate = lower(rate, strength * 0.95, lowerings++)
      strength *= 0.9
    }
    assert.ok(lowerings <= WHOLE_FORM.lowerings, `${lowerings}`)
  })
})

describe('the best point of a sweep', () => {
  it('is the one that carries most; of equals the first', () => {
    const sweep = [5, 9, 9, 3].map((messagesPerSecond, place) => ({ place, messagesPerSecond }))
    assert.equal(chooseBest(sweep)?.place, 1)
    assert.equal(chooseBest([]), undefined)
  })
})
