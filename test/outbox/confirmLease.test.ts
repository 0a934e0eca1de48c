import assert from 'node:assert/strict'
import { claim } from '../../src/outbox/claim.ts'
import type { Claim } from '../../src/outbox/claim.ts'
import { confirmLease, shortenLease } from '../../src/outbox/confirmLease.ts'
import { postpone } from '../../src/outbox/index.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { appendRow, makeReady, rowsOf } from './rows.ts'

describe('the row of a claim', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
  })
  afterEach(() => stack.drop())

  async function claimRows(count: number): Promise<{ claimed: Claim; ids: string[] }> {
    // Of 100 recipients each, so that none is merged.
    for (let i = 0; i < count; i++) await appendRow(db, { condition: 'ready', tag: 0 }, { recipients: 100 })
    const claimed = await claim(db, 'normal', count, newIdOf(db))
    assert.ok(claimed)
    return { claimed, ids: claimed.envelopes.map(({ outboxId }) => outboxId) }
  }

  const published = ({ envelopes, leaseUntil }: Claim) =>
    envelopes.map(({ outboxId }) => ({ outboxId, leaseUntil }))
  const move = (outboxId: string, afterMs: number) =>
    transact(db, 'test.move', (tx) => postpone(tx, [{ outboxId, until: { afterMs } }]))

  it('comes due within 10 s of its claim, and within 60 s of its confirm', async () => {
    const { claimed } = await claimRows(2)
    for (const { dueInMs } of await rowsOf(db)) assert.ok(dueInMs > 5_000 && dueInMs <= 10_000)
    await confirmLease(db, 'normal', published(claimed))
    for (const { dueInMs } of await rowsOf(db)) assert.ok(dueInMs > 50_000 && dueInMs <= 60_000)
  })

  it('is left alone by a late confirm when another session has moved it, and its neighbours are not', async () => {
    const { claimed, ids } = await claimRows(3)
    await move(ids[0] ?? '', 3_000)
    await confirmLease(db, 'normal', published(claimed))
    const [first, ...others] = await rowsOf(db)
    assert.ok(first && first.dueInMs <= 3_000)
    assert.ok(others.every(({ dueInMs }) => dueInMs > 50_000))
  })

  it('is left alone by a late confirm when its lease ran out and it is ready again', async () => {
    const { claimed } = await claimRows(1)
    await makeReady(db, 'normal')
    await confirmLease(db, 'normal', published(claimed))
    const [row] = await rowsOf(db)
    assert.equal(row?.lane, 2)
  })

  it('is left alone by a late failure too', async () => {
    const { claimed, ids } = await claimRows(1)
    await move(ids[0] ?? '', 30_000)
    await shortenLease(db, claimed, ids, 'late')
    const [row] = await rowsOf(db)
    assert.equal(row?.lastError, null)
    assert.ok(row && row.dueInMs > 20_000)
  })

  it('comes due after half a second when its publish failed, however often, and keeps why', async () => {
    await appendRow(db, { condition: 'ready', tag: 0 })
    for (const attempt of [1, 2, 3, 4, 5]) {
      await makeReady(db, 'normal')
      const claimed = await claim(db, 'normal', 1, newIdOf(db))
      assert.ok(claimed)
      const reason = `${attempt}`.repeat(1_000)
      await shortenLease(
        db,
        claimed,
        claimed.envelopes.map(({ outboxId }) => outboxId),
        reason,
      )
      const [row] = await rowsOf(db)
      assert.deepEqual([row?.lane, row?.lastError], [3, reason.slice(0, 255)])
      assert.ok(row && row.dueInMs <= 500)
    }
  })
})

describe('a row that is postponed', () => {
  let stack: Stack
  beforeEach(async () => void (stack = await freshStack()))
  afterEach(() => stack.drop())

  it('waits until a time or for a time, in the lane of its class, wherever it was before', async () => {
    const { db } = stack
    await appendRow(db, { condition: 'ready', tag: 0 })
    await appendRow(db, { condition: 'ready', deadlineInMs: 0 }, { type: 'express' })
    await appendRow(db, { condition: 'waiting', until: { afterMs: 1_000 } }, { type: 'express' })
    const until = new Date(Date.UTC(2099, 0))
    const untils = [until, { afterMs: 30_000 }, { afterMs: 20_000 }]
    const rows = (await rowsOf(db)).map(({ id }, index) => ({
      outboxId: dashed(id),
      until: untils[index] ?? until,
    }))
    await transact(db, 'test.postpone', (tx) => postpone(tx, rows))
    const [first, second, third] = await rowsOf(db)
    assert.deepEqual([first?.lane, first?.key], [3, until.getTime() * 1_000])
    assert.deepEqual([second?.lane, third?.lane], [1, 1])
    assert.ok(second && second.dueInMs > 20_000 && second.dueInMs <= 30_000)
    assert.ok(third && third.dueInMs > 10_000 && third.dueInMs <= 20_000)
  })

  const dashed = (hex: string) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
})
