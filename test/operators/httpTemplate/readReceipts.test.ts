import assert from 'node:assert/strict'
import { readReceipts } from '../../../src/operators/httpTemplate/readReceipts.ts'
import type { TimeFormat } from '../../../src/operators/httpTemplate/readTime.ts'
import { readTime } from '../../../src/operators/httpTemplate/readTime.ts'
import type { ReceiptFormat } from '../../../src/operators/httpTemplate/config.ts'
import { readExample } from './readExample.ts'
import { templateOf } from './templateOf.ts'

const SECRET = 'x'.repeat(16)

describe('receipts over HTTP', () => {
  const formatOf = (receipts: object): ReceiptFormat => {
    const { receipts: options } = templateOf({
      receipts: { secret: SECRET, statuses: { delivered: ['DELIVRD'] }, ...receipts },
    })
    assert.ok(options?.format)
    return options.format
  }
  const read = (format: ReceiptFormat, raw: string, timeZone = 'UTC') =>
    readReceipts(format, Buffer.from(raw), timeZone)
  const exampleFormat = (file: string, env: Record<string, string>) => {
    const { receipts } = readExample(file, env)
    assert.ok(receipts?.format)
    return receipts.format
  }

  it("are read as Vonage's documentation shows them", () => {
    const format = exampleFormat('vonage.yml', {
      ...{ VONAGE_API_KEY: 'k', VONAGE_API_SECRET: 's', VONAGE_RECEIPTS_SECRET: SECRET },
    })
    const receipt = {
      ...{ msisdn: '447700900000', to: 'AcmeInc', 'network-code': '12345', messageId: '0A0000001234567B' },
      ...{ price: '0.03330000', status: 'delivered', scts: '2001011400', 'err-code': '0' },
      ...{ 'api-key': 'abcd1234', 'client-ref': '01-ab:7', 'message-timestamp': '2020-01-01 12:00:00' },
    }
    assert.deepEqual(read(format, JSON.stringify(receipt)), {
      receipts: [
        {
          ...{ operatorMessageId: '0A0000001234567B', reference: '01-ab:7', verdict: 'delivered' },
          ...{ code: '0', cause: null, doneAt: new Date('2020-01-01T12:00:00Z'), partNo: null },
        },
      ],
    })
    const verdictOf = (status: string) => {
      const result = read(format, JSON.stringify({ ...receipt, status }))
      return 'receipts' in result ? result.receipts[0]?.verdict : result.fault
    }
    assert.deepEqual(
      ['accepted', 'buffered', 'expired', 'failed', 'rejected', 'unknown', 'new'].map(verdictOf),
      [null, null, 'undelivered', 'undelivered', 'undelivered', null, null],
    )
  })

  it("are read as Kavenegar's panel sends them", () => {
    const format = exampleFormat('kavenegar.yml', {
      ...{ KAVENEGAR_API_KEY: 'k', KAVENEGAR_RECEIPTS_SECRET: SECRET },
    })
    assert.deepEqual(read(format, 'messageid=8792343&status=10'), {
      receipts: [
        {
          ...{ operatorMessageId: '8792343', reference: null, verdict: 'delivered', code: null },
          ...{ cause: null, doneAt: null, partNo: null },
        },
      ],
    })
  })

  it('may stand in a query', () => {
    const format = formatOf({ from: 'query', reference: 'ref', status: 's', error: 'e' })
    const result = read(format, 'ref=01-ab%3A7&s=delivrd&e=00B')
    assert.ok('receipts' in result)
    const [receipt] = result.receipts
    assert.deepEqual([receipt?.reference, receipt?.verdict, receipt?.code], ['01-ab:7', 'delivered', '00B'])
  })

  it('may come several in a document, with identifiers that are numbers', () => {
    const format = formatOf({
      from: 'json',
      items: '/results',
      identifier: '/messageId',
      status: '/status/name',
    })
    const body =
      '{"results":[{"messageId":18858926273619457,"status":{"name":"DELIVRD"}},{"messageId":"b"},{}]}'
    const result = read(format, body)
    assert.ok('receipts' in result)
    assert.deepEqual(
      result.receipts.map(({ operatorMessageId, verdict }) => [operatorMessageId, verdict]),
      [
        ['18858926273619457', 'delivered'],
        ['b', null],
        [null, null],
      ],
    )
  })

  const JSON_FORMAT = { from: 'json', items: '/results', identifier: '/id', status: '/s' }
  for (const [body, fault] of [
    ['', 'is no JSON document'],
    ['null', 'is no JSON document'],
    ['<html>', 'is no JSON document'],
    ['{}', 'has no array at /results'],
    ['{"results":[]}', 'has no receipts'],
    ['{"results":[{"s":"DELIVRD"}]}', 'names no message'],
    [`{"results":[{"id":"${'x'.repeat(65)}"}]}`, 'names no message'],
    [
      JSON.stringify({ results: Array.from({ length: 1_001 }, () => ({ id: 'a' })) }),
      'has more than 1000 receipts',
    ],
  ] as const) {
    it(`that cannot be read say why: ${body.slice(0, 30)}`, () => {
      assert.deepEqual(read(formatOf(JSON_FORMAT), body), { fault })
    })
  }

  const TIMES: [TimeFormat, string, string | null][] = [
    ['iso', '2020-01-01 14:00:00', '2020-01-01T14:00:00Z'],
    ['iso', '2020-01-01T14:00', '2020-01-01T14:00:00Z'],
    ['iso', '2015-02-12T09:51:43.123+0100', '2015-02-12T09:51:43+01:00'],
    ['iso', '2015-02-12T09:51:43Z', '2015-02-12T09:51:43Z'],
    ['iso', '2015-02-30T09:51:43Z', null],
    ['iso', '2015-02-12T09:51:43+99:00', null],
    ['iso', 'yesterday', null],
    ['yymmddhhmm', '2001011400', '2020-01-01T14:00:00Z'],
    ['yymmddhhmm', '141023215259', '2014-10-23T21:52:59Z'],
    ['yymmddhhmm', '0000000000', null],
    ['unix', '1356619709', '2012-12-27T14:48:29Z'],
    ['unix', '0', null],
    ['unix_ms', '1356619709123', '2012-12-27T14:48:29Z'],
    ['unix_ms', '1e9', null],
  ]
  for (const [format, text, time] of TIMES) {
    it(`have the time ${text} (${format}): ${time}`, () =>
      assert.deepEqual(readTime(text, format, 'UTC'), time === null ? null : new Date(time)))
  }

  it('without an offset have times in the zone of the operator', () => {
    const format = formatOf({
      ...{ from: 'query', identifier: 'id', status: 's' },
      done_at: { at: 't', format: 'yymmddhhmm' },
    })
    const result = read(format, 'id=1&s=DELIVRD&t=2001011400', 'Asia/Tehran')
    assert.ok('receipts' in result)
    assert.deepEqual(result.receipts[0]?.doneAt, new Date('2020-01-01T10:30:00Z'))
  })
})
