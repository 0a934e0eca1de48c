import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseSendAt } from '../../src/primitives/sendAt.ts'

const NOW_MS = Date.parse('2027-02-20T00:00:00Z')
const DAY_MS = 86_400_000

function read(text: string, nowMs = NOW_MS): string {
  const result = parseSendAt(text, nowMs)
  return result.kind === 'time' ? new Date(result.atMs).toISOString() : result.fault
}

describe('send_at', () => {
  it('is a time with an offset', () => {
    assert.equal(read('2027-03-01T09:00:00+03:30'), '2027-03-01T05:30:00.000Z')
    assert.equal(read('2027-03-01T09:00:00-05:00'), '2027-03-01T14:00:00.000Z')
    assert.equal(read('2027-03-01T23:30:00-00:45'), '2027-03-02T00:15:00.000Z')
    assert.equal(read('2027-03-01t09:00:00z'), '2027-03-01T09:00:00.000Z')
    assert.equal(read('2027-03-01T09:00:00.1239Z'), '2027-03-01T09:00:00.123Z')
    assert.equal(read('2027-03-01T09:00:00.5Z'), '2027-03-01T09:00:00.500Z')
  })

  it('is refused without an offset, and in any other form', () => {
    const others = [
      ...['2027-03-01T09:00:00', '2027-03-01T09:00:00+25:00', '2027-03-01T09:00:00+03:60', '2027-03-01'],
      ...[
        '2027-03-01 09:00:00Z',
        '2027-03-01 09:00 Asia/Tehran',
        '2027-03-01T09:00:00+0330',
        '2027-03-01T09:00Z',
      ],
      ...[
        '2027-03-01T09:00:00Z\n',
        ' 2027-03-01T09:00:00Z',
        '2027-03-01T09:00:00+3:30',
        '2027-3-1T09:00:00Z',
      ],
      ...[
        '+002027-03-01T09:00:00Z',
        '20270301T090000Z',
        '2027-W09-1T09:00:00Z',
        '1804237200',
        '',
        'tomorrow',
      ],
      ...['۲۰۲۷-۰۳-۰۱T۰۹:۰۰:۰۰Z', '2027-03-01T09:00:00.Z', `2027-03-01T09:00:00.${'1'.repeat(10)}Z`],
      ...['Mon, 01 Mar 2027 09:00:00 GMT', '2027-03-01T09:00:00\u221203:30', '2027-03-01T09:00:00Z+03:30'],
    ]
    for (const text of others) assert.match(read(text), /date and time with an offset/, JSON.stringify(text))
  })

  it('is refused when there is no such day or time', () => {
    const unreal = [
      ...['2027-02-30T09:00:00Z', '2027-02-29T09:00:00Z', '2027-13-01T09:00:00Z', '2027-00-10T09:00:00Z'],
      ...['2027-03-00T09:00:00Z', '2027-03-32T09:00:00Z', '2027-03-01T24:00:00Z', '2027-03-01T09:60:00Z'],
      ...['2027-03-01T23:59:60Z'],
    ]
    for (const text of unreal) assert.match(read(text), /real date/, text)
    assert.equal(read('2028-02-29T09:00:00Z', Date.parse('2028-02-20T00:00:00Z')), '2028-02-29T09:00:00.000Z')
  })

  it('lies from now to 35 days later, both included', () => {
    assert.equal(read('2027-02-20T00:00:00Z'), '2027-02-20T00:00:00.000Z')
    assert.match(read('2027-02-19T23:59:59.999Z'), /past/)
    // Within the present second nothing is past: a client's time may have whole seconds.
    assert.equal(read('2027-02-20T00:00:00Z', NOW_MS + 999), '2027-02-20T00:00:00.000Z')
    assert.match(read('2027-02-20T00:00:00.999Z', NOW_MS + 1_000), /past/)
    assert.match(read('2027-02-20T01:00:00+03:30'), /past/)
    assert.match(read('0099-02-20T01:00:00Z'), /past/)
    assert.equal(read('2027-03-27T00:00:00Z'), '2027-03-27T00:00:00.000Z')
    assert.match(read('2027-03-27T00:00:00.001Z'), /35 days/)
    assert.match(read('2027-03-27T00:00:01Z'), /35 days/)
    assert.match(read('9999-12-31T23:59:59Z'), /35 days/)
  })

  it('is the same moment in every offset', () => {
    const moment = fc.integer({ min: 0, max: 35 * DAY_MS })
    const minutes = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
    fc.assert(
      fc.property(moment, minutes, (aheadMs, offset) => {
        const local = new Date(NOW_MS + aheadMs + offset * 60_000).toISOString().slice(0, -1)
        const [hours, rest] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
        const sign = offset < 0 ? '-' : '+'
        const text = `${local}${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
        assert.deepEqual(parseSendAt(text, NOW_MS), { kind: 'time', atMs: NOW_MS + aheadMs })
      }),
    )
  })
})
