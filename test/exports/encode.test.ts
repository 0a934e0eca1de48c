import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import { csvHead, toCsv } from '../../src/exports/encode/csv.ts'
import { toNdjson } from '../../src/exports/encode/ndjson.ts'
import type { Column, Row } from '../../src/exports/columns.ts'

const COLUMNS: Column[] = [
  { name: 'id', type: 'identifier' },
  { name: 'recipient', type: 'word' },
  { name: 'text', type: 'text' },
  { name: 'amount', type: 'integer' },
  { name: 'test', type: 'flag' },
]
const rowOf = (text: string | null): Row => ['id', '+989120000001', text, -3, true]

describe('rows of an export', () => {
  it('are CSV that reads back, whatever the text is', () => {
    const texts = ['سلام، "دنیا"', 'two\nlines', 'two\r\nlines', ',', '"', 'a'.repeat(1_600), '😀‏']
    const csv = csvHead(COLUMNS) + toCsv(COLUMNS, texts.map(rowOf))
    assert.deepEqual(
      parse(csv, { columns: true, record_delimiter: '\r\n' }).map((row) => (row as { text: string }).text),
      texts,
    )
    assert.equal(csvHead(COLUMNS), 'id,recipient,text,amount,test\r\n')
  })

  it('escape what a spreadsheet would run, and no number', () => {
    for (const text of ['=1+1', '+cmd|x', '-2+3', '@SUM(A1)', '\t=1', '\r=1', '＝1', '＋1+1'])
      assert.ok(toCsv(COLUMNS, [rowOf(text)]).includes(`'${text}`), text)
    for (const text of ['+989121234567', '-5', '1=1', ' =1'])
      assert.ok(!toCsv(COLUMNS, [rowOf(text)]).includes("'"), text)
    assert.equal(toCsv(COLUMNS, [rowOf(null)]), 'id,+989120000001,,-3,true\r\n')
  })

  it('are a JSON object a line', () => {
    const lines = toNdjson(COLUMNS, [rowOf('a\n"b"'), rowOf(null)]).split('\n')
    assert.equal(lines.length, 3)
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      ...{ id: 'id', recipient: '+989120000001', text: 'a\n"b"', amount: -3, test: true },
    })
  })
})
