import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { claim } from '../../src/outbox/claim.ts'
import type { Claim } from '../../src/outbox/claim.ts'
import { giveBack, markPublished, retryLater } from '../../src/outbox/settle.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

interface Row {
  id: string
  attempts: number
  last_error: string | null
  due_in_ms: number
}

describe('the outbox row of a claim', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, 1, 1_000)
  })
  afterEach(() => stack.drop())

  const rows = () =>
    look(
      db,
      sql<Row>`SELECT LOWER(HEX(id)) AS id, attempts, last_error,
        TIMESTAMPDIFF(MICROSECOND, NOW(6), next_run_at) / 1000 AS due_in_ms FROM outbox_events ORDER BY id`,
    )

  async function claimRows(count: number): Promise<{ claimed: Claim; ids: string[] }> {
    // Of 100 recipients each, so that none is merged.
    for (let i = 0; i < count; i++) await sendOne(db, { userId: 1, to: 100 })
    const claimed = await claim(db, 'normal', count, newIdOf(db))
    assert.ok(claimed)
    return { claimed, ids: claimed.envelopes.map(({ outboxId }) => outboxId) }
  }

  const published = ({ envelopes, leaseUntil }: Claim) =>
    envelopes.map(({ outboxId }) => ({ outboxId, leaseUntil }))

  it('is due again within 10 s of its claim, and within 60 s of its confirm', async () => {
    const { claimed } = await claimRows(2)
    for (const { due_in_ms } of await rows()) assert.ok(due_in_ms > 5_000 && due_in_ms <= 10_000)
    await markPublished(db, published(claimed))
    for (const { due_in_ms } of await rows()) assert.ok(due_in_ms > 50_000 && due_in_ms <= 60_000)
  })

  it('is left alone by a late confirm when somebody else has moved it, and its neighbours are not', async () => {
    const { claimed } = await claimRows(3)
    const [moved] = await rows()
    await look(
      db,
      sql`UPDATE outbox_events SET next_run_at = NOW(6) + INTERVAL 3 SECOND WHERE LOWER(HEX(id)) = ${moved?.id}`,
    )
    await markPublished(db, published(claimed))
    const [first, ...others] = await rows()
    assert.ok(first && first.due_in_ms <= 3_000)
    assert.ok(others.every(({ due_in_ms }) => due_in_ms > 50_000))
  })

  it('is left alone by a late failure too', async () => {
    const { claimed, ids } = await claimRows(1)
    await look(db, sql`UPDATE outbox_events SET next_run_at = NOW(6) + INTERVAL 30 SECOND`)
    await giveBack(db, ids, claimed, { reason: 'late', countAttempt: true })
    const [row] = await rows()
    assert.deepEqual([row?.attempts, row?.last_error], [0, null])
    assert.ok(row && row.due_in_ms > 20_000)
  })

  it('is due at once and without an attempt when the broker was at fault', async () => {
    const { claimed, ids } = await claimRows(2)
    await giveBack(db, ids, claimed, { reason: 'the queue is full', countAttempt: false })
    for (const row of await rows()) {
      assert.deepEqual([row.attempts, row.last_error], [0, 'the queue is full'])
      assert.ok(row.due_in_ms <= 0)
    }
    assert.equal((await claim(db, 'normal', 2, newIdOf(db)))?.envelopes.length, 2)
  })

  it('waits 0.5 s, 1, 2, 4 and then 5 s when it was at fault itself, and keeps why', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    for (const [attempt, delayMs] of [500, 1_000, 2_000, 4_000, 5_000, 5_000].entries()) {
      await look(db, sql`UPDATE outbox_events SET next_run_at = NOW(6)`)
      const claimed = await claim(db, 'normal', 1, newIdOf(db))
      assert.ok(claimed)
      const ids = claimed.envelopes.map(({ outboxId }) => outboxId)
      await giveBack(db, ids, claimed, { reason: `attempt ${attempt}`, countAttempt: true })
      const [row] = await rows()
      assert.deepEqual([row?.attempts, row?.last_error], [attempt + 1, `attempt ${attempt}`])
      // Half a second is what a slow machine may take to look.
      assert.ok(row && row.due_in_ms <= delayMs && row.due_in_ms > delayMs - 500, `${row?.due_in_ms}`)
    }
  })

  it('waits no longer after a million attempts', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    await look(db, sql`UPDATE outbox_events SET attempts = 1000000`)
    const [outboxId] =
      (await claim(db, 'normal', 1, newIdOf(db)))?.envelopes.map((each) => each.outboxId) ?? []
    await transact(db, 'test.retry', (tx) =>
      retryLater(tx, [{ outboxId: outboxId ?? '', reason: 'x'.repeat(1_000) }]),
    )
    const [row] = await rows()
    assert.ok(row && row.due_in_ms <= 5_000)
    assert.deepEqual([row.attempts, row.last_error], [1_000_001, 'x'.repeat(255)])
  })

  it('keeps the most attempts of the rows that a claim merged', async () => {
    for (let i = 0; i < 3; i++) await sendOne(db, { userId: 1, to: 1 })
    await look(db, sql`UPDATE outbox_events SET attempts = 4 ORDER BY id LIMIT 1`)
    await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(
      (await rows()).map(({ attempts }) => attempts),
      [4],
    )
  })
})
