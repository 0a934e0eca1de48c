import assert from 'node:assert/strict'
import { explainUcs2, replaceLookAlikes, segment } from '../../src/segments/index.ts'
import { REPLACEMENTS } from '../../src/segments/replaceLookAlikes.ts'

describe('look-alikes', () => {
  it('become the characters that they look like', () => {
    assert.equal(replaceLookAlikes('“a” ‘b’ „c“ «d» `e`'), '"a" \'b\' "c" "d" \'e\'')
    assert.equal(replaceLookAlikes('1–2 — 3… • x'), '1-2 - 3... - x')
    assert.equal(replaceLookAlikes('a\u00a0b\u2009c\td\u3000e\u2028f'), 'a b c d e\nf')
    assert.equal(replaceLookAlikes('\ufeffa\u200bb\u00adc\u2060'), 'abc')
    assert.equal(replaceLookAlikes('ＡＢｃ１！（～｀ oﬃce ﬁn'), "ABc1!(~' office fin")
  })

  it('are characters that force UCS-2, and become ones that do not', () => {
    for (const [written, plain] of REPLACEMENTS) {
      assert.equal(explainUcs2(written).length, 1, explainUcs2(written)[0]?.code_point)
      assert.deepEqual(explainUcs2(plain), [])
    }
  })

  it('are not the joiners of Persian words and of emoji, nor letters', () => {
    for (const text of ['می\u200cخواهم', '\u{1f468}\u200d\u{1f469}', 'çâłþ', 'е', 'e\u0301']) {
      assert.equal(replaceLookAlikes(text), text)
      assert.deepEqual(segment(text, { smartEncoding: true }), segment(text))
    }
  })
})
