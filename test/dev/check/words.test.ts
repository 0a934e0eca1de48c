import assert from 'node:assert/strict'
import { findWords } from '../../../dev/check/words.ts'

describe('the check of words', () => {
  it('names file, line and word of a name or phrase that was replaced', () => {
    assert.deepEqual(findWords('a.ts', 'const x = 1\n// Those that wait\nopenAside()'), [
      { file: 'a.ts', line: 2, text: 'Those that' },
      { file: 'a.ts', line: 3, text: 'openAside' },
    ])
  })

  it('leaves words alone that only contain one', () => {
    assert.deepEqual(findWords('a.ts', 'mushroom, restroom, courage, hasLegs, gatherer, reopenAsideways'), [])
  })
})
