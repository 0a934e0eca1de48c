import assert from 'node:assert/strict'
import { oncePerRun } from '../../src/primitives/oncePerRun.ts'

describe('a text that is made once for a run of equal values', () => {
  it('is made anew for each value that is not the one before', () => {
    const made: string[] = []
    const toText = oncePerRun(
      (value: Buffer) => {
        made.push(value.toString())
        return value.toString()
      },
      (one, other) => one.equals(other),
    )
    const values = ['a', 'a', 'b', 'a', 'a'].map((text) => Buffer.from(text))
    assert.deepEqual(values.map(toText), ['a', 'a', 'b', 'a', 'a'])
    assert.deepEqual(made, ['a', 'b', 'a'])
  })
})
