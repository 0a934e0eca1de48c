import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cutIntoRanges, decodeEnvelope, decodeRanges, encodeEnvelope } from '../../src/outbox/index.ts'
import type { Envelope, RecipientRange } from '../../src/outbox/index.ts'
import { UnreadableEnvelope } from '../../src/outbox/index.ts'
import { encodeRanges } from '../../src/outbox/envelope.ts'

const SMS = '01a1fdd7-ed8e-7260-96e0-d7fe1f915137'
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

const range = (changes: Partial<RecipientRange> = {}): RecipientRange => ({
  smsIdentifier: SMS,
  first: 1,
  last: 3,
  userId: 7,
  ...changes,
})
const envelope = (changes: Partial<Envelope> = {}): Envelope => ({
  outboxId: randomUUID(),
  type: 'express',
  ranges: [range(), range({ first: 9, last: 9, traceparent: TRACE })],
  ...changes,
})

/** The wire form with something changed. */
function tampered(change: (json: Record<string, unknown>) => void): Buffer {
  const json = JSON.parse(encodeEnvelope(envelope()).toString()) as Record<string, unknown>
  change(json)
  return Buffer.from(JSON.stringify(json))
}

describe('an envelope', () => {
  it('is read as it was written, its trace contexts included', () => {
    const written = envelope()
    assert.deepEqual(decodeEnvelope(encodeEnvelope(written)), written)
  })

  it('holds up to 100 recipients', () => {
    const full = envelope({ ranges: [range({ last: 60 }), range({ first: 61, last: 100 })] })
    assert.deepEqual(decodeEnvelope(encodeEnvelope(full)), full)
    const more = envelope({ ranges: [range({ last: 60 }), range({ first: 61, last: 101 })] })
    assert.throws(() => decodeEnvelope(encodeEnvelope(more)), UnreadableEnvelope)
  })

  const unreadable: [string, Buffer, RegExp][] = [
    ['that is not JSON', Buffer.from('hello'), /not JSON/],
    ['that is not UTF-8', Buffer.from([0xff, 0xfe, 0x00]), /not JSON/],
    ['that is empty', Buffer.alloc(0), /not JSON/],
    ['that is another kind of JSON', Buffer.from('null'), /envelope/],
    ['of a newer version', tampered((json) => (json['version'] = 2)), /version/],
    ['of an unknown class', tampered((json) => (json['type'] = 'bulk')), /type/],
    ['without recipients', tampered((json) => (json['ranges'] = [])), /ranges/],
    ['without an outbox row', tampered((json) => delete json['outbox_id']), /outbox_id/],
    [
      'with a range that ends before it begins',
      tampered((json) => (json['ranges'] = [[SMS, 3, 1, 7]])),
      /ranges\.0/,
    ],
    ['with a recipient number 0', tampered((json) => (json['ranges'] = [[SMS, 0, 1, 7]])), /ranges\.0/],
    [
      'with a message identifier that is none',
      tampered((json) => (json['ranges'] = [['x', 1, 1, 7]])),
      /ranges\.0/,
    ],
  ]
  for (const [what, body, reason] of unreadable) {
    it(`${what} is refused with the reason`, () => {
      assert.throws(
        () => decodeEnvelope(body),
        (error: Error) => error instanceof UnreadableEnvelope && reason.test(error.message),
      )
    })
  }
})

describe('the ranges of an outbox row', () => {
  it('are read as they were written', () => {
    const ranges = [range({ traceparent: TRACE }), range({ first: 4, last: 4 })]
    assert.deepEqual(decodeRanges(encodeRanges(ranges)), ranges)
  })

  it('are undefined for a payload that cannot be read, so that it harms no other row', () => {
    for (const payload of ['', 'nonsense', '{}', '[]', '[[1]]', encodeRanges([range({ last: 101 })])])
      assert.equal(decodeRanges(payload), undefined, payload)
  })

  it('are cut to 100 recipients each, without a gap', () => {
    const request = { smsIdentifier: SMS, userId: 7, traceparent: TRACE }
    const bounds = (recipients: number) =>
      cutIntoRanges(request, recipients).map(({ first, last }) => [first, last])
    assert.deepEqual(bounds(1), [[1, 1]])
    assert.deepEqual(bounds(100), [[1, 100]])
    assert.deepEqual(bounds(101), [
      [1, 100],
      [101, 101],
    ])
    assert.deepEqual(cutIntoRanges(request, 1), [{ ...request, first: 1, last: 1 }])
  })
})
