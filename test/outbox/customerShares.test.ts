import assert from 'node:assert/strict'
import { openCustomerShares, waitsByDecile } from '../../src/outbox/customerShares.ts'

const MINUTE_MS = 60_000

describe('what relays did for each customer', () => {
  it('is that of the last full minute, the customer with the most first', () => {
    let nowMs = 0
    const shares = openCustomerShares(() => nowMs)
    shares.note('normal', [
      { userId: 1, recipients: 2, waitMs: 100 },
      { userId: 2, recipients: 5, waitMs: 10 },
    ])
    shares.note('normal', [{ userId: 1, recipients: 4, waitMs: 200 }])
    assert.deepEqual(shares.recent('normal'), [], 'the minute is not over')
    nowMs += MINUTE_MS
    shares.note('normal', [{ userId: 3, recipients: 1, waitMs: 1 }])
    assert.deepEqual(shares.recent('normal'), [
      { userId: 1, recipients: 6, waitMs: 300 },
      { userId: 2, recipients: 5, waitMs: 10 },
    ])
    assert.deepEqual(shares.recent('express'), [])
    nowMs += 2 * MINUTE_MS
    assert.deepEqual(shares.recent('normal'), [], 'nothing in the last full minute')
  })

  it('is kept for a bounded number of customers', () => {
    let nowMs = 0
    const shares = openCustomerShares(() => nowMs)
    for (let userId = 1; userId <= 10_005; userId++)
      shares.note('normal', [{ userId, recipients: 1, waitMs: 0 }])
    nowMs += MINUTE_MS
    assert.equal(shares.recent('normal').length, 10_000)
  })

  it('comes to the mean wait of a recipient in each tenth of the customers', () => {
    const of = (customers: number) =>
      Array.from({ length: customers }, (_, no) => ({ userId: no, recipients: 2, waitMs: 20 * no }))
    assert.deepEqual(waitsByDecile(of(20)), [5, 25, 45, 65, 85, 105, 125, 145, 165, 185])
    assert.deepEqual(
      waitsByDecile([]),
      Array.from({ length: 10 }, () => undefined),
    )
    assert.deepEqual(waitsByDecile(of(1)), [0, ...Array.from({ length: 9 }, () => undefined)])
  })
})
