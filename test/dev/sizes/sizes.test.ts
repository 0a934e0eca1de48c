import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { describeSizes, readSizes } from '../../../dev/sizes/sizes.ts'
import { fund, look, offer } from '../../support/arrange.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

describe('the sizes of tables', () => {
  let stack: Stack
  beforeEach(async () => void (stack = await freshStack()))
  afterEach(() => stack.drop())

  it('are of every table that has rows, which are counted', async () => {
    await fund(stack.db, 1, 100)
    await offer(stack.db, { userId: 1, to: 3 }, { userId: 1, to: 2 })
    const sizes = await readSizes((text) => look<Record<string, unknown>>(stack.db, sql.raw(text)))
    const rows = Object.fromEntries(sizes.map((each) => [each.table, each.rows]))
    assert.deepEqual([rows['sms_status'], rows['sms_requests'], rows['user_balances']], [5, 2, 1])
    assert.equal('sms_quarantine' in rows, false)
    for (const { bytes, table } of sizes) assert.ok(bytes >= 16_384, `${table} ${bytes}`)
  })

  it('are described for each row and each recipient', () => {
    const sizes = [
      { table: 'sms_status', rows: 10, bytes: 2_000 },
      { table: 'sms_requests', rows: 5, bytes: 1_000 },
    ]
    assert.deepEqual(describeSizes(sizes).slice(2), [
      '| sms_status | 10 | 2000 | 200 | 200 |',
      '| sms_requests | 5 | 1000 | 200 | 100 |',
      '| all | | 3000 | | 300 |',
    ])
  })
})
