import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  createPduReader,
  decodePdu,
  encodePdu,
  HEADER_OCTETS,
  PDU_OCTETS_MAX,
} from '../../../../src/operators/smpp/codec/index.ts'
import { arbitraryOctets, arbitraryPdu } from './arbitraryPdu.ts'

describe('the PDU reader', () => {
  it('finds the same PDUs however their stream is cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(arbitraryPdu, { minLength: 1, maxLength: 6 }), cuts, (pdus, cuts) => {
        const stream = Buffer.concat(pdus.map(encodePdu))
        const places = cuts.map((cut) => cut % stream.length).sort((a, b) => a - b)
        const reader = createPduReader()
        const frames = [0, ...places].flatMap((from, index) => {
          return reader.push(stream.subarray(from, places[index] ?? stream.length)).frames
        })
        assert.deepEqual(
          frames.map((frame) => decodePdu(frame)),
          pdus.map((pdu) => ({ kind: 'pdu', pdu })),
        )
        assert.equal(reader.buffered(), 0)
      }),
      { numRuns: 500 },
    )
  })

  it('reads one octet a segment, and five PDUs in one', () => {
    const frames = [1, 2, 3, 4, 5].map((sequence) =>
      encodePdu({ command: 'deliver_sm', sequence, shortMessage: Buffer.from(`id:${sequence}`) }),
    )
    const stream = Buffer.concat(frames)
    const slow = createPduReader()
    assert.deepEqual(
      [...stream].flatMap((octet) => slow.push(Buffer.of(octet)).frames),
      frames,
    )
    assert.deepEqual(createPduReader().push(stream), { frames })
  })

  it('keeps a slow frame when the chunks that it came in are written over', () => {
    const frame = encodePdu({ command: 'deliver_sm', sequence: 9, shortMessage: Buffer.from('hello') })
    const chunk = Buffer.alloc(1)
    const reader = createPduReader()
    const frames = [...frame].flatMap((octet) => {
      chunk[0] = octet
      return reader.push(chunk).frames
    })
    assert.deepEqual(frames, [frame])
  })

  it('names the length of what is no SMPP: an HTTP server answers with 1213486160', () => {
    const answer = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')
    assert.deepEqual(createPduReader().push(answer), { frames: [], illegalLength: 1_213_486_160 })
    const slow = createPduReader()
    const faults = [...answer.subarray(0, 4)].map((octet) => slow.push(Buffer.of(octet)).illegalLength)
    assert.deepEqual(faults, [undefined, undefined, undefined, 1_213_486_160])
  })

  it('hands out the frames before an illegal length, and takes the smallest and the largest legal one', () => {
    const lengths = [HEADER_OCTETS - 1, HEADER_OCTETS, PDU_OCTETS_MAX, PDU_OCTETS_MAX + 1]
    const enquiry = encodePdu({ command: 'enquire_link', sequence: 1 })
    const illegal = lengths.map((length) => {
      const next = Buffer.alloc(8)
      next.writeUInt32BE(length)
      const { frames, illegalLength } = createPduReader().push(Buffer.concat([enquiry, next]))
      assert.deepEqual(frames, [enquiry])
      return illegalLength
    })
    assert.deepEqual(illegal, [HEADER_OCTETS - 1, undefined, undefined, PDU_OCTETS_MAX + 1])
  })

  it('takes random octets without throwing, and never holds more than the largest frame', () => {
    fc.assert(
      fc.property(fc.array(arbitraryOctets(64), { maxLength: 40 }), (chunks) => {
        const octetsMax = 128
        const reader = createPduReader(octetsMax)
        for (const chunk of chunks) {
          const { frames, illegalLength } = reader.push(chunk)
          for (const frame of frames) assert.ok(frame.length <= octetsMax)
          assert.ok(reader.buffered() <= octetsMax)
          if (illegalLength !== undefined) return
        }
      }),
    )
  })
})
