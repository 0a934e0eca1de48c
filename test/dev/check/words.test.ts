import assert from 'node:assert/strict'
import { findWords } from '../../../dev/check/words.ts'

describe('the check of words', () => {
  it('names file, line and word of a name or phrase that was replaced', () => {
    assert.deepEqual(findWords('a.ts', 'const x = 1\n// Those that wait\nopenAside()'), [
      { file: 'a.ts', line: 2, text: 'Those that' },
      { file: 'a.ts', line: 3, text: 'openAside' },
    ])
  })

  it('names a phrase that goes on in the next line of a text or comment, by its first line', () => {
    assert.deepEqual(
      findWords('a.ts', '/**\n * It says what became\n * of it.\n */\n// and is\n  // away').map(
        ({ line }) => line,
      ),
      [2, 5],
    )
    assert.equal(findWords('a.md', 'Those\nthat wait').length, 1)
  })

  it('leaves words alone that only contain one', () => {
    assert.deepEqual(findWords('a.ts', 'mushroom, restroom, courage, hasLegs, gatherer, reopenAsideways'), [])
  })
})
