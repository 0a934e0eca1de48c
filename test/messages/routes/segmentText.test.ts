import assert from 'node:assert/strict'
import { segmentText } from '../../../src/messages/routes/segmentText.ts'

const PLAIN = { smartEncoding: false, partsMax: 10 }

describe('segmentText', () => {
  it('cuts a text of as many parts as are allowed', () => {
    assert.equal(segmentText('a'.repeat(1_530), PLAIN).parts.length, 10)
    assert.equal(segmentText('ی'.repeat(670), PLAIN).parts.length, 10)
  })

  it('refuses one part more, and counts the parts', () => {
    const text = 'must fit into 10 parts, takes 11 in '
    for (const [tooLong, alphabet] of [
      ['a'.repeat(1_531), 'GSM 7 bit'],
      ['ی'.repeat(671), 'UCS-2'],
    ] as const)
      assert.throws(() => segmentText(tooLong, PLAIN), {
        status: 400,
        code: 'invalid_request',
        errors: [{ field: 'text', message: text + alphabet }],
      })
  })

  it('counts the parts of what smart encoding sends', () => {
    const text = `“${'a'.repeat(1_528)}”`
    assert.throws(() => segmentText(text, PLAIN), { status: 400 })
    assert.equal(segmentText(text, { ...PLAIN, smartEncoding: true }).parts.length, 10)
    assert.throws(() => segmentText(`${text}b`, { ...PLAIN, smartEncoding: true }), { status: 400 })
  })
})
