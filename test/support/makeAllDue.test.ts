import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { appendRow, rowsOf } from '../outbox/rows.ts'
import { makeAllDue } from './ending.ts'
import { look } from './arrange.ts'
import { holdRows } from './lockWaits.ts'
import { freshStack } from './servers.ts'
import type { Stack } from './servers.ts'

describe('making all outbox rows due, for tests', () => {
  let stack: Stack
  beforeEach(async () => {
    stack = await freshStack()
  })
  afterEach(() => stack.drop())

  it('waits for a row that an engine has locked at that moment', async () => {
    await appendRow(stack.db, { condition: 'waiting', until: { afterMs: 600_000 } })
    const release = await holdRows(stack.db, sql`SELECT 1 FROM outbox_events`)
    const making = makeAllDue(stack.db)
    for (let looks = 0; looks < 10; looks++) await look(stack.db, sql`SELECT 1`)
    await release()
    await making
    const [row] = await rowsOf(stack.db)
    assert.ok(row && row.dueInMs <= 0, `due in ${row?.dueInMs} ms`)
  })
})
