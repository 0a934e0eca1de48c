import assert from 'node:assert/strict'
import { createConnection } from 'mysql2/promise'
import { openPageSize, readFitting } from '../../src/audit/pageSize.ts'
import { openPass } from '../../src/audit/pass.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import { fund, offer } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('the size of the audit’s pages', () => {
  let stack: Stack
  before(async () => {
    stack = await freshStack()
    await fund(stack.db, 1, 100)
    await offer(stack.db, { userId: 1, to: 2 }, { userId: 1, to: 2 })
  })
  after(() => stack.drop())

  it('grows while pages are quick, up to a limit', async () => {
    const size = openPageSize(1_500)
    const first = size.rows
    for (const pass = openPass(stack.db); !pass.isOver();)
      await readFitting(size, (rowsMax) => pass.step(rowsMax))
    assert.ok(first < 1_500)
    assert.equal(size.rows, 1_500)
  })

  it('shrinks when a read takes too long, which is given up and done again, and nothing is counted twice', async () => {
    const failed: string[] = []
    const sizes = { maxOpenConns: 3, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }
    const db = openDb({ url: stack.databaseUrl, ...sizes }, (operation, _ms, outcome) => {
      if (outcome === 'failed') failed.push(operation)
    })
    const other = await createConnection(stack.databaseUrl)
    try {
      const pass = openPass(db, { from: { scan: 'messages', after: '' } })
      const size = openPageSize()
      await pass.step(1)
      const before = size.rows
      await other.query('LOCK TABLES sms_requests WRITE')
      const stepping = readFitting(size, (rowsMax) => pass.step(rowsMax))
      await eventually('the read was given up', () => failed.length > 0)
      await other.query('UNLOCK TABLES')
      const { page } = await stepping
      assert.deepEqual([page.scan, page.rows, page.violations], ['messages', 2, []])
      assert.ok(size.rows <= before, `${size.rows} rows`)
      assert.deepEqual([...new Set(failed)], ['audit.sms_requests_page'])
    } finally {
      await other.end()
      await closeDb(db)
    }
  })
})
