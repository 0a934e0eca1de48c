import assert from 'node:assert/strict'
import { openLastUse } from '../../../src/accounts/access/lastUse.ts'

describe('the last use of keys', () => {
  it('is due once a minute for each key, however often the key is used', () => {
    let nowMs = 0
    const lastUse = openLastUse(() => nowMs)
    for (const keyId of ['a', 'b', 'a', 'a']) lastUse.note(keyId)
    assert.deepEqual(lastUse.take(), ['a', 'b'])
    nowMs = 59_999
    lastUse.note('a')
    assert.deepEqual(lastUse.take(), [])
    nowMs = 60_000
    lastUse.note('a')
    assert.deepEqual(lastUse.take(), ['a'])
  })

  it('is written in batches', () => {
    const lastUse = openLastUse(() => 0)
    for (let i = 0; i < 1_200; i++) lastUse.note(`key ${i}`)
    assert.deepEqual(
      [1, 2, 3, 4].map(() => lastUse.take().length),
      [500, 500, 200, 0],
    )
  })
})
