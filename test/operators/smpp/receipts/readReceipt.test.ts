import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encodePdu, knownTlvs } from '../../../../src/operators/smpp/codec/index.ts'
import type { KnownTlvs } from '../../../../src/operators/smpp/codec/index.ts'
import { readReceipt } from '../../../../src/operators/smpp/receipts/readReceipt.ts'
import type { Receipt } from '../../../../src/operators/smpp/receipts/readReceipt.ts'
import { arbitraryOctets } from '../codec/arbitraryPdu.ts'

function frameOf(text: string, known: KnownTlvs = {}): Buffer {
  return encodePdu({
    ...{ command: 'deliver_sm', sequence: 1, esmClass: 0x04 },
    shortMessage: Buffer.from(text, 'latin1'),
    tlvs: knownTlvs(known),
  })
}

function read(frame: Buffer, timeZone = 'UTC'): Receipt {
  const result = readReceipt(frame, { timeZone })
  if ('fault' in result) assert.fail(result.fault)
  const [receipt] = result.receipts
  return receipt ?? assert.fail()
}

function faultOf(frame: Uint8Array): string | undefined {
  const result = readReceipt(frame, { timeZone: 'UTC' })
  return 'fault' in result ? result.fault : undefined
}

const dateIn = (date: string, timeZone?: string) =>
  read(frameOf(`id:X done date:${date} stat:DELIVRD`), timeZone).doneAt?.toISOString()

describe('the text of a receipt', () => {
  it('is read without the counts of parts', () => {
    const line = 'id:X submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 text:hi'
    assert.deepEqual(read(frameOf(line)), {
      reference: null,
      operatorMessageId: 'X',
      verdict: 'delivered',
      code: '000',
      cause: null,
      doneAt: new Date('2017-01-24T09:04:00Z'),
      partNo: null,
    })
  })

  it('may have a date with seconds', () => {
    assert.equal(dateIn('141023215259'), '2014-10-23T21:52:59.000Z')
    assert.equal(dateIn('20141023215259'), '2014-10-23T21:52:59.000Z')
  })

  it('may have an absolute time of SMPP, whatever the zone of the operator', () => {
    const line = 'id:X sub:001 done date:180711070000012+ stat:UNDELIV err:001'
    const receipt = read(frameOf(line), 'Asia/Tehran')
    assert.equal(receipt.verdict, 'undelivered')
    assert.equal(receipt.doneAt?.toISOString(), '2018-07-11T04:00:00.000Z')
    assert.equal(dateIn('180711070000012-'), '2018-07-11T10:00:00.000Z')
  })

  it('may have no date, and a code of its own', () => {
    const line = 'id:X sub:001 dlvrd:001 done date:0000000000 stat:FAILED err:002 Text:'
    const { verdict, doneAt, code } = read(frameOf(line))
    assert.deepEqual([verdict, doneAt, code], ['undelivered', null, '002'])
    for (const odd of ['1702300904', '1701242404', '1701240960', '17012409', 'R', '2017-01-24'])
      assert.equal(dateIn(odd), undefined, odd)
  })

  it('may have its error code in any notation', () => {
    for (const [written, code] of [
      ['0000', '0000'],
      ['00B', '00B'],
      [' 0', '0'],
    ])
      assert.equal(read(frameOf(`id:X stat:UNDELIV err:${written} text:`)).code, code)
  })

  it('has one of the states of the specification', () => {
    const stateOf = (stat: string) => {
      const { verdict, cause } = read(frameOf(`id:X stat:${stat} err:000`))
      return [verdict, cause]
    }
    for (const stat of ['ENROUTE', 'ACCEPTD', 'BUFFRED', 'UNKNOWN', 'WHATEVER'])
      assert.deepEqual(stateOf(stat), [null, null])
    assert.deepEqual(stateOf('EXPIRED'), ['undelivered', 'expired'])
    assert.deepEqual(stateOf('DELETED'), ['undelivered', 'deleted'])
    assert.deepEqual(stateOf('REJECTD'), ['undelivered', 'rejected'])
    assert.deepEqual(stateOf('UNDELIV'), ['undelivered', null])
    assert.deepEqual(stateOf('delivrd'), ['delivered', null])
  })

  it('says nothing without a state or without an identifier', () => {
    assert.equal(faultOf(frameOf('id:X err:000 text:stat:DELIVRD')), 'no state')
    assert.equal(faultOf(frameOf('stat:DELIVRD err:000')), 'no identifier')
    assert.equal(faultOf(frameOf('')), 'no identifier')
  })

  it('is not searched behind the beginning of the message', () => {
    const line = 'id:X stat:UNDELIV text:id:Y stat:DELIVRD err:999'
    const { operatorMessageId, verdict, code } = read(frameOf(line))
    assert.deepEqual([operatorMessageId, verdict, code], ['X', 'undelivered', null])
  })

  it('is read where the operator writes it: UCS-2, a message_payload, behind a header, a data_sm', () => {
    const line = 'id:X stat:DELIVRD'
    const deliver = { command: 'deliver_sm', sequence: 1, esmClass: 0x04 } as const
    const payload = knownTlvs({ messagePayload: Buffer.from(line) })
    for (const pdu of [
      { ...deliver, dataCoding: 8, shortMessage: Buffer.from(line, 'utf16le').swap16() },
      { ...deliver, tlvs: payload },
      { ...deliver, esmClass: 0x44, shortMessage: Buffer.concat([Buffer.of(2, 0x70, 0), Buffer.from(line)]) },
      { ...deliver, command: 'data_sm', tlvs: payload } as const,
    ])
      assert.equal(read(encodePdu(pdu)).verdict, 'delivered')
  })
})

describe('a date without an offset', () => {
  it("is in the operator's zone", () => {
    assert.equal(dateIn('1701240904', 'Asia/Tehran'), '2017-01-24T05:34:00.000Z')
    assert.equal(dateIn('2607010904', 'Asia/Tehran'), '2026-07-01T05:34:00.000Z')
    assert.equal(dateIn('2601010000', 'America/New_York'), '2026-01-01T05:00:00.000Z')
  })

  it('is right on both sides of a change of the clocks', () => {
    assert.deepEqual(
      ['2603290159', '2603290300', '2610250030', '2610250330'].map((date) => dateIn(date, 'Europe/Berlin')),
      [
        '2026-03-29T00:59:00.000Z',
        '2026-03-29T01:00:00.000Z',
        '2026-10-24T22:30:00.000Z',
        '2026-10-25T02:30:00.000Z',
      ],
    )
  })
})

describe('the optional parameters of a receipt', () => {
  it('suffice without a text', () => {
    const receipt = read(frameOf('', { receiptedMessageId: 'X', messageState: 2 }))
    assert.deepEqual([receipt.operatorMessageId, receipt.verdict], ['X', 'delivered'])
    const noNul = encodePdu({
      ...{ command: 'deliver_sm', sequence: 1, esmClass: 4 },
      tlvs: [
        { tag: 0x1e, value: Buffer.from('X') },
        { tag: 0x427, value: Buffer.of(2) },
      ],
    })
    assert.equal(read(noNul).operatorMessageId, 'X')
  })

  it('have eight states', () => {
    const verdicts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map(
      (messageState) => read(frameOf('', { receiptedMessageId: 'X', messageState })).verdict,
    )
    assert.deepEqual(verdicts, [
      ...[
        null,
        'delivered',
        'undelivered',
        'undelivered',
        'undelivered',
        null,
        null,
        'undelivered',
        null,
        null,
      ],
    ])
  })

  it('win over the text', () => {
    const receipt = read(
      frameOf('id:Y done date:1701240904 stat:DELIVRD err:004', {
        receiptedMessageId: 'X',
        messageState: 5,
        networkErrorCode: { networkType: 3, errorCode: 27 },
      }),
    )
    assert.deepEqual([receipt.operatorMessageId, receipt.verdict, receipt.code], ['X', 'undelivered', '27'])
    assert.equal(receipt.doneAt?.toISOString(), '2017-01-24T09:04:00.000Z')
    const zero = { networkErrorCode: { networkType: 3, errorCode: 0 } }
    assert.equal(read(frameOf('id:Y stat:DELIVRD err:004', zero)).code, '0')
  })
})

describe('what is no receipt', () => {
  it('is a fault and never an exception', () => {
    fc.assert(
      fc.property(arbitraryOctets(200), (octets) => {
        assert.ok('fault' in readReceipt(octets, { timeZone: 'UTC' }))
      }),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        readReceipt(frameOf(`id:X stat:DELIVRD done date:${text}`), { timeZone: 'Asia/Tehran' })
      }),
    )
    assert.equal(faultOf(encodePdu({ command: 'enquire_link', sequence: 1 })), 'no identifier')
  })
})
