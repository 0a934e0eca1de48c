import assert from 'node:assert/strict'
import { openRequestBuckets, perSecond } from '../../src/limits/index.ts'

const LIMIT = perSecond(100, 200)

describe('the buckets of requests', () => {
  let nowMicros: number
  beforeEach(() => (nowMicros = 1_000_000))
  const open = (customersMax?: number) =>
    openRequestBuckets({
      nowMicros: () => nowMicros,
      ...(customersMax === undefined ? {} : { customersMax }),
    })

  it('let a burst pass and then the rate, each customer by itself', () => {
    const buckets = open()
    const takeMany = (userId: number, times: number) =>
      Array.from({ length: times }, () => buckets.take(userId, LIMIT)).filter(({ isAllowed }) => isAllowed)
        .length
    assert.equal(takeMany(1, 300), 200)
    assert.equal(takeMany(2, 1), 1)
    nowMicros += 1_000_000
    assert.equal(takeMany(1, 300), 100)
  })

  it('say what is left, and when the next request may come', () => {
    const buckets = open()
    assert.deepEqual(buckets.take(1, LIMIT), {
      isAllowed: true,
      retryAfterMs: 0,
      remaining: 199,
      nextInSeconds: 1,
    })
    for (let i = 0; i < 199; i++) buckets.take(1, LIMIT)
    assert.deepEqual(buckets.take(1, LIMIT), {
      isAllowed: false,
      retryAfterMs: 10,
      remaining: 0,
      nextInSeconds: 1,
    })
  })

  it('are as many as customers are remembered: the one that was silent longest is forgotten', () => {
    const buckets = open(2)
    const once = perSecond(1, 1)
    for (const userId of [1, 2, 1, 3]) buckets.take(userId, once)
    assert.deepEqual(
      [3, 1, 2].map((userId) => buckets.take(userId, once).isAllowed),
      [false, false, true],
    )
  })
})
