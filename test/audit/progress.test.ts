import assert from 'node:assert/strict'
import { sql } from 'kysely'
import type { Table } from '../../src/audit/page.ts'
import { estimateRows, showProgress } from '../../src/audit/progress.ts'
import { fund, look, offer } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'

describe('the progress of the audit', () => {
  it('knows about how many rows there are, without counting them', async () => {
    const stack = await freshStack()
    await fund(stack.db, 1, 1_000)
    await offer(stack.db, { userId: 1, to: 300 })
    await look(
      stack.db,
      sql`ANALYZE TABLE user_transactions, sms_status, outbox_events, sms_quarantine, idempotency_keys`,
    )
    const estimated = await estimateRows(stack.db)
    assert.deepEqual([...estimated.keys()].sort(), [
      'bulk_messages',
      'deadline_misses',
      'delivery_attempts',
      'event_log',
      'holds',
      'idempotency_keys',
      'operator_message_parts',
      'outbox_events',
      'receipts',
      'report_days',
      'report_minutes',
      'report_quarters',
      'sms_quarantine',
      'sms_status',
      'user_transactions',
    ])
    assert.ok(Math.abs((estimated.get('sms_status') ?? 0) - 300) < 100, `${estimated.get('sms_status')}`)
    await stack.drop()
  })

  it('tells the share and about the time that is left, and no more than a line in two seconds', () => {
    const lines: string[] = []
    let nowMs = 0
    const estimated = new Map<Table, number>([
      ['user_transactions', 1_000],
      ['sms_status', 2_000],
    ])
    const scanned: Table[] = ['user_transactions', 'sms_status', 'user_transactions']
    const onProgress = showProgress(
      estimated,
      scanned,
      (line) => lines.push(line),
      () => nowMs,
    )
    const examine = (rows: number, takesMs: number) => {
      nowMs += takesMs
      onProgress({ scan: 'messages', table: 'sms_status', rows })
    }
    examine(100, 1_900)
    assert.deepEqual(lines, [])
    examine(900, 28_100)
    examine(500, 100)
    examine(9_000, 30_000)
    assert.deepEqual(lines, [
      'audit: 25 %, 1000 of about 4000 rows (messages), about 1:30 left',
      'audit: 99 %, 10500 of about 10500 rows (messages), about 0:01 left',
    ])
  })
})
