import assert from 'node:assert/strict'
import { OFFERED_OF_ALONE, alternate } from '../../../loadtest/bench/baselines/takeTurns.ts'
import { S2_RATIO_MIN } from '../../../loadtest/bench/ratios.ts'

describe('the turns of the engine and the database alone', () => {
  it('put each look at the engine between two at the database, and offer by the one before', async () => {
    const looks: string[] = []
    const alone = [1_000, 2_000, 4_000]
    const told: number[] = []
    const turns = await alternate(
      2,
      () => {
        looks.push('alone')
        return Promise.resolve(alone[looks.filter((look) => look === 'alone').length - 1] ?? NaN)
      },
      (offered) => {
        looks.push(`engine ${Math.round(offered / OFFERED_OF_ALONE)}`)
        return Promise.resolve(offered - 1)
      },
      (_turn, number) => told.push(number),
    )
    assert.deepEqual(looks, ['alone', 'engine 1000', 'alone', 'engine 2000', 'alone'])
    assert.deepEqual(turns, [
      { engine: 1_000 * OFFERED_OF_ALONE - 1, alone: 1_500 },
      { engine: 2_000 * OFFERED_OF_ALONE - 1, alone: 3_000 },
    ])
    assert.deepEqual(told, [1, 2])
  })

  it('offer more than the target, so that it can be met, and less than the database carries', () => {
    assert.ok(OFFERED_OF_ALONE > S2_RATIO_MIN && OFFERED_OF_ALONE < 1)
  })
})
