import assert from 'node:assert/strict'
import fc from 'fast-check'
import { countCodePoints, findTextFault } from '../../src/primitives/text.ts'

describe('text', () => {
  it('is counted in Unicode code points', () => {
    assert.equal(countCodePoints('سلام'), 4)
    assert.equal(countCodePoints('👋🏽'), 2)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        assert.equal(countCodePoints(text), [...text].length),
      ),
    )
  })

  it('may fill the limit with characters outside the basic plane, and not pass it', () => {
    assert.equal(findTextFault('😀'.repeat(1600), 1, 1600), undefined)
    assert.match(findTextFault('😀'.repeat(1601), 1, 1600) ?? '', /at most 1,600 characters, got 1,601/)
    assert.match(findTextFault('', 1, 1600) ?? '', /empty/)
  })

  it('is refused with NUL or half of a surrogate pair, which no database could give back as it was', () => {
    assert.match(findTextFault('a\0b', 1, 1600) ?? '', /NUL/)
    for (const half of ['\ud83d', '\ude00', 'a\ud83db', '\ude00\ud83d']) {
      assert.match(findTextFault(half, 1, 1600) ?? '', /surrogate/)
    }
  })
})
