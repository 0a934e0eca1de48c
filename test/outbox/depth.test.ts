import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { readDepth } from '../../src/outbox/index.ts'
import { databaseNowMs } from '../../src/platform/db/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { appendRow } from './rows.ts'

describe('the depth of a class', () => {
  let stack: Stack
  beforeEach(async () => void (stack = await freshStack()))
  afterEach(() => stack.drop())

  const secondsAgo = (seconds: number) => new Date(Math.floor(databaseNowMs(stack.db)) - seconds * 1_000)

  it('counts rows of both its lanes, and rows that are not due have no age', async () => {
    newIdOf(stack.db)
    assert.deepEqual(await readDepth(stack.db, 'normal'), { rows: 0, laterRows: 0, oldestDueSeconds: 0 })
    await appendRow(stack.db, { condition: 'waiting', until: { afterMs: 60_000 } })
    await appendRow(stack.db, { condition: 'ready', deadlineInMs: 0 }, { type: 'express' })
    assert.deepEqual(await readDepth(stack.db, 'normal'), { rows: 1, laterRows: 0, oldestDueSeconds: 0 })
    await appendRow(stack.db, { condition: 'ready', tag: 0 })
    assert.equal((await readDepth(stack.db, 'normal')).rows, 2)
  })

  it('counts rows apart that come due later than any lease ends', async () => {
    for (const seconds of [-5, 30, 600, 7 * 24 * 3_600])
      await appendRow(stack.db, { condition: 'waiting', until: secondsAgo(-seconds) })
    const { rows, laterRows } = await readDepth(stack.db, 'normal')
    assert.deepEqual([rows, laterRows], [2, 2])
  })

  it('has the age of the oldest ready row, whatever its tag', async () => {
    await appendRow(stack.db, { condition: 'ready', tag: 9_000 })
    await look(stack.db, sql`UPDATE outbox_events SET created_at = created_at - INTERVAL 90 SECOND`)
    await appendRow(stack.db, { condition: 'ready', tag: 1_000 })
    const { oldestDueSeconds } = await readDepth(stack.db, 'normal')
    assert.ok(oldestDueSeconds >= 90 && oldestDueSeconds < 120)
  })

  it('has the delay of the first row that came due, and that no relay has claimed', async () => {
    await appendRow(stack.db, { condition: 'ready', tag: 0 })
    await appendRow(stack.db, { condition: 'waiting', until: secondsAgo(200) })
    const { oldestDueSeconds } = await readDepth(stack.db, 'normal')
    assert.ok(oldestDueSeconds >= 199 && oldestDueSeconds < 230)
  })
})
