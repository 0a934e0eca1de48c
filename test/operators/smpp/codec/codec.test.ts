import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  COMMAND_IDS,
  decodePdu,
  encodePdu,
  HEADER_OCTETS,
  isResponse,
  knownTlvs,
  readKnownTlvs,
  STATUS,
} from '../../../../src/operators/smpp/codec/index.ts'
import type { Command, KnownTlvs, Pdu } from '../../../../src/operators/smpp/codec/index.ts'
import { arbitraryOctets, arbitraryPdu } from './arbitraryPdu.ts'

function decoded(frame: Buffer): Pdu {
  const result = decodePdu(frame)
  assert.equal(result.kind, 'pdu')
  return result.kind === 'pdu' ? result.pdu : assert.fail()
}

function malformedStatus(frame: Buffer): number | undefined {
  const result = decodePdu(frame)
  return result.kind === 'malformed' ? result.malformed.status : undefined
}

/** A frame with its length set right. */
function frameOf(...pieces: (Buffer | string)[]): Buffer {
  const frame = Buffer.concat(pieces.map((each) => (typeof each === 'string' ? hex(each) : each)))
  frame.writeUInt32BE(frame.length, 0)
  return frame
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

describe('the SMPP codec', () => {
  it('decodes what it encoded, for every command', () => {
    const seen = new Set<Command>()
    fc.assert(
      fc.property(arbitraryPdu, (pdu) => {
        seen.add(pdu.command)
        const frame = encodePdu(pdu)
        assert.equal(frame.readUInt32BE(), frame.length)
        assert.deepEqual(decoded(frame), pdu)
      }),
      { numRuns: 2_000 },
    )
    assert.equal(seen.size, Object.keys(COMMAND_IDS).length)
  })

  it('writes a submit_sm octet by octet as the specification lays it out', () => {
    const frame = encodePdu({
      command: 'submit_sm',
      sequence: 7,
      sourceAddrTon: 5,
      sourceAddr: 'Shop',
      destAddrTon: 1,
      destAddrNpi: 1,
      destinationAddr: '98912',
      esmClass: 0x40,
      registeredDelivery: 1,
      dataCoding: 8,
      shortMessage: hex('0633'),
      tlvs: knownTlvs({ userMessageReference: 0x0102 }),
    })
    assert.equal(
      frame.toString('hex'),
      hex(
        '00000032 00000004 00000000 00000007' +
          '00 05 00 53686f7000 01 01 393839313200 40 00 00 00 00 01 00 08 00 02 0633' +
          '0204 0002 0102',
      ).toString('hex'),
    )
  })

  it('fills what is not given with zero and nothing', () => {
    assert.deepEqual(decoded(encodePdu({ command: 'submit_sm_resp', sequence: 1 })), {
      command: 'submit_sm_resp',
      status: 0,
      sequence: 1,
      messageId: '',
      tlvs: [],
    })
  })

  it('leaves out the body of a response with an error, but for the octet of deliver_sm_resp', () => {
    for (const command of ['submit_sm_resp', 'bind_transceiver_resp', 'query_sm_resp'] as const)
      assert.equal(encodePdu({ command, sequence: 1, status: STATUS.RSYSERR }).length, HEADER_OCTETS)
    const refused = encodePdu({ command: 'deliver_sm_resp', sequence: 1, status: STATUS.RX_T_APPN })
    assert.equal(refused.length, HEADER_OCTETS + 1)
  })

  it('refuses to write what a field cannot hold', () => {
    const submit = { command: 'submit_sm', sequence: 1 } as const
    for (const field of [
      { sourceAddr: 'x'.repeat(21) },
      { sourceAddr: 'a\0b' },
      { sourceAddr: 'چاپار' },
      { dataCoding: 256 },
      { dataCoding: -1 },
      { dataCoding: 1.5 },
      { shortMessage: Buffer.alloc(256) },
      { tlvs: [{ tag: 1, value: Buffer.alloc(0x1_0000) }] },
      { tlvs: [1, 2].map((tag) => ({ tag, value: Buffer.alloc(0xff00) })) },
    ])
      assert.throws(() => encodePdu({ ...submit, ...field }), RangeError)
  })

  it('reads any octets behind a header without throwing, and answers a known command that they are not', () => {
    const id = fc.oneof(
      fc.constantFrom(...Object.values(COMMAND_IDS)),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    )
    fc.assert(
      fc.property(id, arbitraryOctets(300), (id, body) => {
        const header = Buffer.alloc(HEADER_OCTETS)
        header.writeUInt32BE(id, 4)
        header.writeUInt32BE(99, 12)
        const result = decodePdu(frameOf(header, body))
        if (result.kind === 'pdu') assert.equal(COMMAND_IDS[result.pdu.command], id)
        else assert.deepEqual([result.malformed.commandId, result.malformed.sequence], [id, 99])
      }),
      { numRuns: 2_000 },
    )
  })

  it('calls a request malformed wherever its body is cut off', () => {
    const whole = encodePdu({ command: 'deliver_sm', sequence: 3, shortMessage: Buffer.from('id:1') })
    for (let length = HEADER_OCTETS; length < whole.length; length++)
      assert.equal(malformedStatus(frameOf(whole.subarray(0, length))), STATUS.RINVMSGLEN, `${length}`)
  })

  it('names the command that it does not know', () => {
    assert.equal(malformedStatus(frameOf('00000010 00000102 00000000 00000001')), STATUS.RINVCMDID)
  })

  it('skips a TLV that it does not know, and calls a request malformed whose TLV is longer than itself', () => {
    const body = encodePdu({ command: 'deliver_sm', sequence: 3 })
    const pdu = decoded(frameOf(body, '1400 0003 616263', '0427 0001 02'))
    assert.deepEqual(readKnownTlvs(pdu.tlvs), { messageState: 2 })
    assert.equal(pdu.tlvs[0]?.tag, 0x1400)
    assert.equal(malformedStatus(frameOf(body, '0427 0002 02')), STATUS.RINVOPTPARSTREAM)
  })

  it('passes over less than the header of a TLV behind a message', () => {
    const body = encodePdu({ command: 'deliver_sm', sequence: 3 })
    assert.deepEqual(decoded(frameOf(body, '00')).tlvs, [])
  })

  it('reads a response as far as it goes', () => {
    const header = '00000000 80000004 00000000 00000005'
    const identifier = (body: string) => {
      const pdu = decoded(frameOf(header, body))
      return pdu.command === 'submit_sm_resp' ? pdu.messageId : undefined
    }
    assert.equal(identifier(''), '')
    assert.equal(identifier('616200'), 'ab')
    assert.equal(identifier('6162'), 'ab')
    assert.equal(identifier('616200 0427 00ff 02'), 'ab')
    assert.equal(identifier('61'.repeat(100) + '00'), 'a'.repeat(100))
  })

  it('reads known TLVs as what they mean', () => {
    const known: KnownTlvs = {
      receiptedMessageId: '39f99dd5',
      userMessageReference: 0xfffe,
      sarMsgRefNum: 258,
      sarTotalSegments: 3,
      sarSegmentSeqnum: 1,
      scInterfaceVersion: 0x34,
      networkErrorCode: { networkType: 3, errorCode: 1 },
      messagePayload: Buffer.from('long'),
      messageState: 8,
    }
    assert.deepEqual(readKnownTlvs(knownTlvs(known)), known)
    assert.deepEqual(knownTlvs({ receiptedMessageId: 'ab' }), [{ tag: 0x1e, value: hex('616200') }])
  })

  it('skips known TLVs of a wrong length, and takes the first of two', () => {
    const tlvs = [
      { tag: 0x0427, value: hex('') },
      { tag: 0x0427, value: hex('02') },
      { tag: 0x0427, value: hex('05') },
      { tag: 0x0423, value: hex('0300') },
      { tag: 0x001e, value: hex('6162') },
    ]
    assert.deepEqual(readKnownTlvs(tlvs), { messageState: 2, receiptedMessageId: 'ab' })
  })

  it('knows responses from requests', () => {
    const responses = (Object.keys(COMMAND_IDS) as Command[]).filter(isResponse)
    assert.deepEqual(
      responses.filter((command) => !command.endsWith('_resp')),
      ['generic_nack'],
    )
    assert.equal(responses.length, 10)
  })
})
