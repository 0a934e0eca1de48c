import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse } from 'csv-parse/sync'
import type { ExportingOptions, ExportRequest } from '../../src/exports/index.ts'
import { databaseNowMs, transact } from '../../src/platform/db/index.ts'
import { recipients } from '../support/api.ts'
import { fund, look, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { ask, exportingTo, fileOf, linesOf, sha256, viewOf, workOff } from './arrangeExports.ts'

const TEXT = 'سلام "دنیا"\nخط دوم, =1+1'

describe('the file of an export', () => {
  let stack: Stack
  let context: ExportingOptions
  let remove: () => Promise<void>
  let middleMs: number
  before(async () => {
    stack = await freshStack()
    ;({ context, remove } = await exportingTo(stack.db))
    await fund(stack.db, 7, 10_000)
    await fund(stack.db, 8, 100)
    await sendOne(stack.db, { userId: 7, to: 2_500, text: TEXT, clientReference: 'order 1' })
    await sendOne(stack.db, { userId: 8, to: 3 })
    middleMs = Math.floor(databaseNowMs(stack.db)) + 2
    while (databaseNowMs(stack.db) < middleMs + 2) await look(stack.db, sql`SELECT SLEEP(0.002)`)
    await sendOne(stack.db, { userId: 7, to: ['+989120000001', '+14155550100'], type: 'express', text: '=2' })
    await sendOne(stack.db, { userId: 7, to: 700 })
    await transact(stack.db, 'test.fail', (tx) =>
      sql`UPDATE sms_status SET status = 'failed', failure_reason = 'bad number', provider = 'A'
        WHERE user_id = 7 AND recipient_no = 3`.execute(tx),
    )
  })
  after(async () => {
    await remove()
    await stack.drop()
  })

  const make = async (request: Partial<ExportRequest>) => {
    const id = await ask(stack.db, { userId: 7, ...request })
    await workOff(context)
    const view = await viewOf(stack.db, 7, id)
    assert.equal(view.state, 'done', String(view.reason))
    return { view, ...(await fileOf(context, id)) }
  }

  it('holds every recipient once, in order, and ends with its count, sum and checksum', async () => {
    const { view, bytes } = await make({})
    const lines = linesOf(bytes)
    const [wanted] = await look(
      stack.db,
      sql<{ rows: number; total: number }>`SELECT COUNT(*) AS \`rows\`,
        CAST(SUM(IF(status = 'failed', 0, price)) AS SIGNED) AS total FROM sms_status WHERE user_id = 7`,
    )
    assert.equal(lines.length, 3_202)
    assert.deepEqual({ rows: view.rows, total: view.total }, { rows: wanted?.rows, total: wanted?.total })
    assert.deepEqual(
      { bytes: view.bytes, sha256: view.sha256, share: view.share },
      {
        ...{ bytes: bytes.length, sha256: sha256(bytes), share: 1 },
      },
    )
    const keys = lines.map(
      (line) => `${String(line['message_id'])} ${String(line['recipient_no']).padStart(5)}`,
    )
    assert.deepEqual(keys, [...new Set(keys)].sort())
    assert.deepEqual(
      lines.slice(0, 2_500).map((line) => line['recipient']),
      recipients(2_500),
    )
    const { message_id: id, created_at: created, updated_at: updated, ...first } = lines[0] ?? {}
    assert.match(`${String(id)} ${String(created)} ${String(updated)}`, /^[0-9a-f-]{36} \S+Z \S+Z$/)
    assert.deepEqual(first, {
      ...{ recipient_no: 1, recipient: '09120000000', type: 'normal', status: 'QUEUED', from: null },
      ...{ text: TEXT, client_reference: 'order 1', parts: 1, cost_cents: 1, refunded_cents: 0 },
      ...{ charging: 'acceptance', money: 'charged' },
      ...{ operator: null, failure_code: null, failure_detail: null, possible_duplicate: false, test: false },
      ...{ send_at: null, handed_over_at: null },
    })
    const { status, refunded_cents: refunded, failure_code: code, failure_detail: detail } = lines[2] ?? {}
    assert.deepEqual([status, refunded, code, detail], ['FAILED_PERM', 1, 'rejected', 'bad number'])
  })

  it('holds what lies in its time alone', async () => {
    const later = await make({ fromMs: middleMs })
    assert.equal(later.view.rows, 702)
    const earlier = await make({ untilMs: middleMs })
    assert.equal(earlier.view.rows, 2_500)
    const nothing = await make({
      fromMs: middleMs - 86_400_000,
      untilMs: middleMs - 86_000_000,
      format: 'csv',
    })
    assert.equal(nothing.view.rows, 0)
    assert.match(nothing.bytes.toString(), /^message_id,.*updated_at\r\n$/)
  })

  it('holds what its filters say', async () => {
    const count = async (filters: ExportRequest['filters']) => (await make({ filters })).view.rows
    assert.equal(await count({ type: 'express' }), 2)
    assert.equal(await count({ recipient: '14155550100' }), 1)
    assert.equal(await count({ country: 'IR' }), 1)
    assert.equal(await count({ status: 'FAILED_PERM' }), 2)
    assert.equal(await count({ operator: 'A', type: 'normal' }), 2)
  })

  it('has a ledger whose amounts sum to the balance', async () => {
    const { view, bytes } = await make({ what: 'ledger' })
    const [account] = await look(
      stack.db,
      sql<{
        balance: number
        last_seq: number
      }>`SELECT balance, last_seq FROM user_balances WHERE user_id = 7`,
    )
    assert.deepEqual([view.total, view.rows], [account?.balance, account?.last_seq])
    const lines = linesOf(bytes)
    assert.deepEqual(
      lines.map((line) => line['sequence']),
      [1, 2, 3, 4],
    )
    assert.equal(lines.at(-1)?.['balance_after_cents'], account?.balance)
    assert.deepEqual(
      lines.map((line) => line['message_id'] === null),
      [true, false, false, false],
    )
    assert.equal((await make({ what: 'ledger', fromMs: middleMs })).view.rows, 2)
    assert.equal((await make({ what: 'ledger', untilMs: middleMs })).view.rows, 2)
    const charges = await make({ what: 'ledger', filters: { transaction_type: 'charge' } })
    assert.deepEqual([charges.view.rows, charges.view.total], [3, -3_206])
  })

  it('is CSV with formulas escaped', async () => {
    const { bytes } = await make({ format: 'csv' })
    const rows = parse<Record<string, string>>(bytes, { columns: true, record_delimiter: '\r\n' })
    assert.equal(rows.length, 3_202)
    assert.deepEqual([rows[0]?.['text'], rows[2_500]?.['text']], [TEXT, "'=2"])
    assert.equal(rows[2_500]?.['recipient'], '+989120000001')
  })

  it('is Parquet with the types of the rows', async () => {
    const { view, path, bytes } = await make({ format: 'parquet' })
    assert.equal(view.sha256, sha256(bytes))
    const { types, rows } = await query(`SELECT * FROM '${path}' ORDER BY message_id, recipient_no`)
    assert.equal(rows.length, view.rows)
    assert.deepEqual(Object.fromEntries(Object.entries(types).filter(([, type]) => type !== 'VARCHAR')), {
      ...{ message_id: 'UUID', recipient_no: 'BIGINT', parts: 'BIGINT', cost_cents: 'BIGINT' },
      ...{ refunded_cents: 'BIGINT', possible_duplicate: 'BOOLEAN', test: 'BOOLEAN' },
      created_at: 'TIMESTAMP WITH TIME ZONE',
      send_at: 'TIMESTAMP WITH TIME ZONE',
      handed_over_at: 'TIMESTAMP WITH TIME ZONE',
      updated_at: 'TIMESTAMP WITH TIME ZONE',
    })
    const [first] = await look(
      stack.db,
      sql<{ at: Date }>`SELECT MIN(created_at) AS at FROM sms_requests WHERE user_id = 7`,
    )
    assert.deepEqual([rows[0]?.['text'], rows[0]?.['cost_cents']], [TEXT, '1'])
    const [read] = (await query(`SELECT epoch_ms(MIN(created_at))::VARCHAR AS ms FROM '${path}'`)).rows
    assert.deepEqual(read, { ms: String(first?.at.getTime()) })
    const sums = await query(`SELECT COUNT(*) AS n, SUM(cost_cents - refunded_cents) AS total FROM '${path}'`)
    assert.deepEqual(sums.rows, [{ n: String(view.rows), total: String(view.total) }])
    const none = await make({ format: 'parquet', fromMs: middleMs - 2, untilMs: middleMs - 1 })
    assert.equal((await query(`SELECT * FROM '${none.path}'`)).rows.length, 0)
  })
})

async function query(statement: string) {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const read = await connection.runAndReadAll(statement)
  const types = Object.fromEntries(read.columnNames().map((name, i) => [name, String(read.columnTypes()[i])]))
  const rows = read.getRowObjectsJson()
  connection.closeSync()
  instance.closeSync()
  return { types, rows }
}
