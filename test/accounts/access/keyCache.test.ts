import assert from 'node:assert/strict'
import { openKeyCache } from '../../../src/accounts/access/keyCache.ts'
import { accessOf } from '../accessOf.ts'

describe('the keys that a process has seen', () => {
  let nowMs: number
  let cache: ReturnType<typeof openKeyCache>
  const key = { access: accessOf(), expiresAtMs: Infinity }
  beforeEach(() => {
    nowMs = 1_000
    cache = openKeyCache(() => nowMs, 3)
  })

  it('are found as long as the revision stays the same', () => {
    cache.confirm(5, nowMs)
    cache.keep('a', 5, key)
    assert.equal(cache.find('a'), key)
    cache.confirm(5, nowMs)
    assert.equal(cache.find('a'), key)
    cache.confirm(6, nowMs)
    assert.equal(cache.find('a'), undefined)
    assert.ok(cache.wasKnown('a'))
  })

  it('are not found when they were read before a change that the process knows', () => {
    cache.confirm(6, nowMs)
    cache.keep('a', 5, key)
    assert.equal(cache.find('a'), undefined)
  })

  it('are trusted for five seconds after the revision was read, counted from when it was asked for', () => {
    assert.ok(!cache.isConfirmed())
    cache.confirm(5, nowMs)
    nowMs += 5_000
    assert.ok(cache.isConfirmed())
    nowMs += 1
    assert.ok(!cache.isConfirmed())
    cache.confirm(5, nowMs - 5_001)
    assert.ok(!cache.isConfirmed())
  })

  it('are bounded in number: the one that was read first makes room', () => {
    cache.confirm(5, nowMs)
    for (const hash of ['a', 'b', 'c']) cache.keep(hash, 5, key)
    cache.keep('a', 5, key)
    cache.keep('d', 5, key)
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((hash) => cache.wasKnown(hash)),
      [true, false, true, true],
    )
    cache.forget('d')
    assert.ok(!cache.wasKnown('d'))
  })
})
