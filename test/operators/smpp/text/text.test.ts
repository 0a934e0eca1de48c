import assert from 'node:assert/strict'
import fc from 'fast-check'
import { segment } from '../../../../src/segments/index.ts'
import { readKnownTlvs } from '../../../../src/operators/smpp/codec/index.ts'
import { toDestination, toSource } from '../../../../src/operators/smpp/text/addresses.ts'
import { frameText } from '../../../../src/operators/smpp/text/frameParts.ts'
import type { LongMessages, TextForm } from '../../../../src/operators/smpp/text/frameParts.ts'

const GSM: TextForm = { alphabet: 'gsm', longMessages: 'udh' }
const LATIN1: TextForm = { alphabet: 'latin1', longMessages: 'udh' }
const ASCII: TextForm = { alphabet: 'ascii', longMessages: 'udh' }

function framed(text: string, form: TextForm, reference = 0xab) {
  return frameText(text, form).frame(reference)
}

function wire(text: string, form: TextForm) {
  return framed(text, form).map(({ esmClass, dataCoding, shortMessage }) => {
    return [esmClass, dataCoding, shortMessage.toString('hex')]
  })
}

describe('a text on the wire of SMPP', () => {
  it('is unpacked GSM 7 bit without a NUL where the alphabet is GSM', () => {
    assert.deepEqual(wire('a@b_$€Ö', GSM), [[0, 0, '6100621102' + '1b65' + '5c']])
    assert.equal(framed('a@b_$€Ö', GSM)[0]?.shortMessage.length, 8)
  })

  it('is Latin-1 where that is the alphabet, and UCS-2 with a character that has no place in it', () => {
    assert.deepEqual(wire('a@b_$Ö', LATIN1), [[0, 3, '6140625f24d6']])
    assert.deepEqual(wire('a@b_$€Ö', LATIN1), [[0, 8, '006100400062005f002420ac00d6']])
  })

  it('is ASCII where that is the alphabet, and UCS-2 beyond it', () => {
    assert.deepEqual(wire('a@b_$', ASCII), [[0, 1, '6140625f24']])
    assert.deepEqual(wire('Ö', ASCII), [[0, 8, '00d6']])
  })

  it('is big-endian UCS-2 without a byte order mark for other scripts', () => {
    for (const form of [GSM, LATIN1, ASCII])
      assert.deepEqual(wire('تست', form), [[0, 8, '0' + '62a' + '0633' + '062a']])
    assert.deepEqual(wire('👋', GSM), [[0, 8, 'd83ddc4b']])
  })

  it('has a header of six octets before each of two parts: 71 Persian letters', () => {
    const parts = framed('\u0645'.repeat(71), GSM, 0x1_c7)
    assert.deepEqual(
      parts.map(({ esmClass, dataCoding, shortMessage }) => [esmClass, dataCoding, shortMessage.length]),
      [
        [0x40, 8, 140],
        [0x40, 8, 14],
      ],
    )
    assert.deepEqual(
      parts.map(({ shortMessage }) => shortMessage.subarray(0, 8).toString('hex')),
      ['050003c70201' + '0645', '050003c70202' + '0645'],
    )
  })

  it('takes 159 and 14 octets for 161 Latin letters', () => {
    assert.deepEqual(
      framed('a'.repeat(161), GSM).map(({ shortMessage }) => shortMessage.length),
      [159, 14],
    )
    assert.equal(framed('a'.repeat(160), GSM).length, 1)
  })

  it('never cuts an escape pair or a surrogate pair', () => {
    const [first, second] = framed('a'.repeat(152) + '€'.repeat(10), GSM)
    assert.equal(first?.shortMessage.length, 6 + 152)
    assert.equal(second?.shortMessage.subarray(6, 8).toString('hex'), '1b65')
    const [before, after] = framed('\u0645'.repeat(66) + '👋👋👋', GSM)
    assert.equal(before?.shortMessage.length, 6 + 132)
    assert.equal(after?.shortMessage.subarray(6, 8).toString('hex'), 'd83d')
  })

  it('may have a reference of 16 bits, whose header of seven octets leaves room for less', () => {
    const [first, second] = framed('\u0645'.repeat(71), { alphabet: 'gsm', longMessages: 'udh_16' }, 0xbeef)
    assert.equal(first?.shortMessage.subarray(0, 9).toString('hex'), '060804beef0201' + '0645')
    assert.deepEqual([first?.shortMessage.length, second?.shortMessage.length], [7 + 132, 7 + 10])
    const latin = framed('a'.repeat(161), { alphabet: 'gsm', longMessages: 'udh_16' })
    assert.deepEqual(
      latin.map(({ shortMessage }) => shortMessage.length),
      [7 + 152, 7 + 9],
    )
  })

  it('may carry its place in SAR parameters instead of a header', () => {
    const parts = framed('\u0645'.repeat(71), { alphabet: 'gsm', longMessages: 'sar' }, 0xbeef)
    assert.deepEqual(
      parts.map(({ esmClass, shortMessage, tlvs }) => [esmClass, shortMessage.length, readKnownTlvs(tlvs)]),
      [1, 2].map((sarSegmentSeqnum) => {
        const known = { sarMsgRefNum: 0xbeef, sarTotalSegments: 2, sarSegmentSeqnum }
        return [0, sarSegmentSeqnum === 1 ? 132 : 10, known]
      }),
    )
  })

  it('may be one message_payload, and is a short message where that suffices', () => {
    const form: TextForm = { alphabet: 'gsm', longMessages: 'message_payload' }
    const [whole, ...others] = framed('\u0645'.repeat(71), form)
    assert.equal(others.length, 0)
    assert.deepEqual([whole?.esmClass, whole?.dataCoding, whole?.shortMessage.length], [0, 8, 0])
    const { messagePayload } = readKnownTlvs(whole?.tlvs ?? [])
    assert.equal(messagePayload?.toString('hex'), '0645'.repeat(71))
    assert.deepEqual(wire('hi', form), [[0, 0, '6869']])
  })

  it('is several parts only where they carry a reference', () => {
    const parts = (text: string, longMessages: LongMessages) =>
      frameText(text, { alphabet: 'gsm', longMessages }).parts
    for (const form of ['udh', 'udh_16', 'sar', 'message_payload'] as const)
      assert.deepEqual(
        [parts('a', form), parts('a'.repeat(161), form)],
        [1, form === 'message_payload' ? 1 : 2],
      )
  })

  it('has the parts that are billed, in the default form of both alphabets', () => {
    const texts = fc.array(fc.constantFrom('a', '€', 'é', 'ç', 'م', '👋', '['), { maxLength: 400 })
    fc.assert(
      fc.property(texts, (pieces) => {
        const text = pieces.join('')
        const { parts, encoding } = segment(text)
        const gsm = frameText(text, GSM)
        assert.equal(gsm.parts, parts.length)
        assert.ok(gsm.frame(1).every(({ shortMessage }) => shortMessage.length <= 160))
        if (encoding === 'ucs2')
          for (const { shortMessage } of gsm.frame(1)) assert.ok(shortMessage.length <= 140)
        if (!text.includes('€')) assert.equal(frameText(text, LATIN1).parts, parts.length)
      }),
    )
  })
})

describe('the type and the numbering plan of an address', () => {
  it('follow from the form of the sender', () => {
    const senders: [string | null, number, number, string][] = [
      ['elevenchars', 5, 0, 'elevenchars'],
      ['12345678901', 0, 1, '12345678901'],
      ['+989120000001', 1, 1, '989120000001'],
      [null, 0, 0, ''],
    ]
    for (const [from, ton, npi, digits] of senders) assert.deepEqual(toSource(from), { ton, npi, digits })
  })

  it('follow from the plus of a recipient', () => {
    assert.deepEqual(toDestination('+98912'), { ton: 1, npi: 1, digits: '98912' })
    assert.deepEqual(toDestination('0912'), { ton: 0, npi: 1, digits: '0912' })
  })

  it("are the operator's for numbers where it wishes so; a name stays one", () => {
    const wish = { ton: 3, npi: 9 }
    assert.deepEqual(toSource('98912', wish), { ton: 3, npi: 9, digits: '98912' })
    assert.deepEqual(toSource('Shop', wish), { ton: 5, npi: 0, digits: 'Shop' })
    assert.deepEqual(toSource(null, wish), { ton: 0, npi: 0, digits: '' })
    assert.deepEqual(toDestination('+98912', { ton: 0 }), { ton: 0, npi: 1, digits: '98912' })
  })
})
