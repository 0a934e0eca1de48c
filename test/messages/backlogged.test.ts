import assert from 'node:assert/strict'
import { openBacklogCheck } from '../../src/messages/index.ts'

describe('the check of the backlog', () => {
  const check = (ageSeconds: number | undefined) => openBacklogCheck(() => ageSeconds, 60)()

  it('refuses nothing up to the limit, nor while the age is not known', () => {
    assert.deepEqual([check(undefined), check(0), check(60)], [undefined, undefined, undefined])
  })

  it('asks to come again after the time that the backlog is too old, of a second to a minute', () => {
    const retryAfter = (ageSeconds: number) => check(ageSeconds)?.retryAfterSeconds
    assert.deepEqual([retryAfter(60.1), retryAfter(75), retryAfter(9_000)], [1, 15, 60])
    assert.equal(check(75.9)?.ageSeconds, 75)
  })
})
