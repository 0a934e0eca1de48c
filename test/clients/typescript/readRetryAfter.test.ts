import assert from 'node:assert/strict'
import { readRetryAfter } from '../../../clients/typescript/src/retryAfter.ts'

const NOW_MS = Date.UTC(2027, 2, 1, 9, 0, 0)

describe('what the client reads from Retry-After', () => {
  for (const [header, seconds] of [
    ['120', 120],
    ['1', 1],
    ['0', 1],
    [' 7 ', 7],
    ['Mon, 01 Mar 2027 09:00:30 GMT', 30],
    ['Mon, 01 Mar 2027 08:00:00 GMT', 1],
    ['-1', undefined],
    ['soon', undefined],
    ['1.5', undefined],
    ['Mon, 99 Foo 2027 09:00:30 GMT', undefined],
    ['', undefined],
    [null, undefined],
  ] as const) {
    it(`is ${seconds ?? 'nothing'} for ${header ?? 'no header'}`, () => {
      assert.equal(readRetryAfter(header, NOW_MS), seconds)
    })
  }
})
