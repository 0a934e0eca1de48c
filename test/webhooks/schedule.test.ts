import assert from 'node:assert/strict'
import { ATTEMPTS_MAX, pauseMs, retryInMs } from '../../src/webhooks/deliver/schedule.ts'
import { readRetryAfter } from '../../src/webhooks/send/retryAfter.ts'

describe('the schedule of deliveries', () => {
  it('is now, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 10 h', () => {
    const seconds = Array.from({ length: ATTEMPTS_MAX }, (_, index) => retryInMs(index + 1, null, () => 0))
    assert.deepEqual(
      seconds.map((ms) => ms && ms / 1_000),
      [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000, undefined],
    )
  })

  it('has jitter of a tenth, upwards', () => {
    assert.equal(
      retryInMs(2, null, () => 1),
      330_000,
    )
  })

  it('waits at least for what the answer asks', () => {
    assert.equal(
      retryInMs(1, 120_000, () => 0),
      120_000,
    )
    assert.equal(
      retryInMs(2, 120_000, () => 0),
      300_000,
    )
  })

  it('pauses an endpoint only after some failures in a row, for five minutes at most', () => {
    assert.deepEqual([0, 1, 4, 5, 6, 50].map(pauseMs), [0, 0, 0, 5_000, 10_000, 300_000])
  })
})

describe('Retry-After', () => {
  const nowMs = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT')

  it('is seconds or a date, and a day at most', () => {
    assert.equal(readRetryAfter('120', nowMs), 120_000)
    assert.equal(readRetryAfter('Sun, 06 Nov 1994 08:51:37 GMT', nowMs), 120_000)
    assert.equal(readRetryAfter('Sun, 06 Nov 1994 08:00:00 GMT', nowMs), 0)
    assert.equal(readRetryAfter('9999999', nowMs), 86_400_000)
    for (const text of [undefined, '', '-1', 'soon', '1.5']) assert.equal(readRetryAfter(text, nowMs), null)
  })
})
