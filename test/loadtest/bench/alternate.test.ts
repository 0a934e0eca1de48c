import assert from 'node:assert/strict'
import { OFFERED_OF_ALONE } from '../../../loadtest/bench/baselines/takeTurns.ts'
import { alternate, medianRatio } from '../../../loadtest/bench/measure/alternate.ts'
import { S2_RATIO_MIN } from '../../../loadtest/bench/ratios.ts'

describe('looks in turn', () => {
  it('put each look between two at the reference, and tell it what the one before carried', async () => {
    const looks: string[] = []
    const reference = [1_000, 2_000, 4_000]
    const told: number[] = []
    const turns = await alternate(
      2,
      () => {
        looks.push('reference')
        return Promise.resolve(reference.shift() ?? NaN)
      },
      (before) => {
        looks.push(`after ${before}`)
        return Promise.resolve(before + 1)
      },
      (_turn, number) => told.push(number),
    )
    assert.deepEqual(looks, ['reference', 'after 1000', 'reference', 'after 2000', 'reference'])
    assert.deepEqual(turns, [
      { rate: 1_001, referenceRate: 1_500 },
      { rate: 2_001, referenceRate: 3_000 },
    ])
    assert.deepEqual(told, [1, 2])
  })

  it('come to the median of their ratios, which one bad moment does not move', () => {
    const turn = (rate: number) => ({ rate, referenceRate: 100 })
    assert.equal(medianRatio([turn(98), turn(10), turn(101)]), 0.98)
    assert.ok(Number.isNaN(medianRatio([])))
  })
})

describe('S2 and the database alone in turn', () => {
  it('offer more than the target, so that it can be met, and less than the database carries', () => {
    assert.ok(OFFERED_OF_ALONE > S2_RATIO_MIN && OFFERED_OF_ALONE < 1)
  })
})
