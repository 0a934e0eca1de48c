import assert from 'node:assert/strict'
import { segment } from '../../src/segments/index.ts'
import type { Encoding } from '../../src/segments/index.ts'

const EMOJI = '\u{1f60e}'
const WHALE = '\u{1f433}'
const WAVE = '\u{1f44b}'
const FAMILY = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}'
const E_WITH_ACCENT = 'e\u0301'
/** Extension characters and one that forces UCS-2: 43 units and these bars. */
const mixed = (bars: number) => `${'|'.repeat(24)} {${'|'.repeat(bars)}∞${'|'.repeat(10)}^${'|'.repeat(5)}`

/** What a text is, how it is sent, and the units of each of its parts. */
const CASES: [name: string, text: string, encoding: Encoding, unitsByPart: number[]][] = [
  ['an escape pair at the end of a part', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 'gsm7', [152, 153, 1]],
  ['153 brackets', ']'.repeat(153), 'gsm7', [152, 152, 2]],
  ['80 brackets', ']'.repeat(80), 'gsm7', [160]],
  ['81 brackets', ']'.repeat(81), 'gsm7', [152, 10]],
  ['a backslash as the 161st septet', `${'a'.repeat(159)}\\`, 'gsm7', [153, 8]],
  ['extension characters in UCS-2, once each', mixed(27), 'ucs2', [70]],
  ['one more of them', mixed(28), 'ucs2', [67, 4]],
  ['70 emoji', EMOJI.repeat(70), 'ucs2', [66, 66, 8]],
  ['35 emoji', WHALE.repeat(35), 'ucs2', [70]],
  ['36 emoji', WHALE.repeat(36), 'ucs2', [66, 6]],
  ['67 emoji', WHALE.repeat(67), 'ucs2', [66, 66, 2]],
  ['an emoji across a part', `${'x'.repeat(66)}${WAVE}${'x'.repeat(66)}`, 'ucs2', [66, 67, 1]],
  ['a family across a part', `${'x'.repeat(60)}${FAMILY}${'x'.repeat(62)}`, 'ucs2', [66, 67]],
  ['CR LF', `${'a'.repeat(80)}\r\n${'a'.repeat(79)}`, 'gsm7', [153, 8]],
  ['LF', `${'a'.repeat(80)}\n${'a'.repeat(79)}`, 'gsm7', [160]],
  ['composed letters', 'é'.repeat(70), 'gsm7', [70]],
  ['decomposed letters', E_WITH_ACCENT.repeat(70), 'ucs2', [67, 67, 6]],
  ['typographic quotes', '“Hi”', 'ucs2', [4]],
  ['a Persian word with U+200C', 'می\u200cخواهم', 'ucs2', [8]],
  ['160 Ç', 'Ç'.repeat(160), 'gsm7', [160]],
  ['160 ç', 'ç'.repeat(160), 'ucs2', [67, 67, 26]],
  ['what looks foreign to GSM', '\n\r@£¥§¿¡ΔΩà', 'gsm7', [11]],
  ['a form feed', '\f', 'gsm7', [2]],
  ['the escape character itself', '\u001b', 'ucs2', [1]],
  ['160 septets', 'a'.repeat(160), 'gsm7', [160]],
  ['161 septets', 'a'.repeat(161), 'gsm7', [153, 8]],
  ['307 septets', 'a'.repeat(307), 'gsm7', [153, 153, 1]],
  ['70 units', 'س'.repeat(70), 'ucs2', [70]],
  ['71 units', 'س'.repeat(71), 'ucs2', [67, 4]],
  ['nothing', '', 'gsm7', [0]],
]

describe('the parts of a text', () => {
  for (const [name, text, encoding, unitsByPart] of CASES) {
    it(`of ${name} have ${unitsByPart.join(', ')} units in ${encoding}`, () => {
      const segmented = segment(text)
      assert.equal(segmented.encoding, encoding)
      assert.deepEqual(segmented.unitsByPart, unitsByPart)
      assert.equal(segmented.parts.length, unitsByPart.length)
      assert.equal(segmented.parts.join(''), text)
      assert.equal(segmented.text, text)
    })
  }

  it('never end in half a surrogate pair, wherever the pair falls', () => {
    for (let before = 0; before < 140; before++) {
      const { parts } = segment(`${'x'.repeat(before)}${WAVE}${'س'.repeat(150)}`)
      assert.ok(parts.every((part) => part.isWellFormed()))
    }
  })

  it('may cut a family between its members', () => {
    const { parts } = segment(`${'x'.repeat(60)}${FAMILY}${'x'.repeat(62)}`)
    assert.ok(parts[0]?.endsWith('\u{1f469}\u200d'))
    assert.ok(parts[1]?.startsWith('\u{1f467}\u200d\u{1f466}x'))
  })
})

describe('smart encoding', () => {
  const smart = (text: string) => segment(text, { smartEncoding: true })

  it('turns a text with look-alikes alone into GSM 7 bit, and the parts hold what is sent', () => {
    const { encoding, text, parts, unitsByPart } = smart('“Hi” – it’s…')
    assert.deepEqual(
      { encoding, text, parts, unitsByPart },
      { encoding: 'gsm7', text: '"Hi" - it\'s...', parts: ['"Hi" - it\'s...'], unitsByPart: [14] },
    )
    assert.deepEqual(smart('“Hi”').unitsByPart, [4])
  })

  it('leaves a text that needs UCS-2 anyway as it was', () => {
    for (const text of ['می\u200cخواهم', '“سلام”…', 'a\u200cb', `“Hi” ${WAVE}`, 'ça “va”', E_WITH_ACCENT]) {
      assert.deepEqual(smart(text), segment(text))
    }
  })
})
