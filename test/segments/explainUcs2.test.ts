import assert from 'node:assert/strict'
import { explainUcs2 } from '../../src/segments/index.ts'

describe('what forces UCS-2', () => {
  it('is named with its position in code points', () => {
    assert.deepEqual(explainUcs2('\u{1f60e}a\u00a0b`c\u200bâł{€'), [
      { character: '\u{1f60e}', code_point: 'U+1F60E', position: 0 },
      { character: '\u00a0', code_point: 'U+00A0', position: 2 },
      { character: '`', code_point: 'U+0060', position: 4 },
      { character: '\u200b', code_point: 'U+200B', position: 6 },
      { character: 'â', code_point: 'U+00E2', position: 7 },
      { character: 'ł', code_point: 'U+0142', position: 8 },
    ])
  })

  it('is nothing in a GSM 7 bit text', () => {
    assert.deepEqual(explainUcs2('\n\r\f@£¥§¿¡ΔΩà[]{}|^~\\€'), [])
  })

  it('is listed up to 20 times, each occurrence for itself', () => {
    assert.deepEqual(
      explainUcs2(`ok ${'س'.repeat(1_600)}`).map(({ position }) => position),
      Array.from({ length: 20 }, (_, i) => i + 3),
    )
  })
})
