import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { claim } from '../../src/outbox/claim.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { makeDue } from '../support/makeDue.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { appendRow, makeReady, namedBy, rangesOf, readyOf, rowsOf, sizesOf, spread } from './rows.ts'

describe('a claim of outbox rows', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, 1, 1_000_000)
  })
  afterEach(() => stack.drop())

  it('finds nothing when nothing is ready, and takes only its own class', async () => {
    await sendOne(db, { userId: 1, to: 1, type: 'express' })
    await appendRow(db, { condition: 'waiting', until: { afterMs: 60_000 } })
    assert.equal(await claim(db, 'normal', 20, newIdOf(db)), undefined)
    assert.deepEqual(sizesOf(await claim(db, 'express', 20, newIdOf(db))), [1])
  })

  it('lets rows wait for the end of its lease, so that no relay claims the same again', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.equal(await claim(db, 'normal', 20, newIdOf(db)), undefined)
    const [row] = await rowsOf(db)
    assert.deepEqual([row?.lane, row?.key], [3, (claimed?.leaseUntil.getTime() ?? 0) * 1_000])
    assert.ok(row && row.dueInMs > 5_000 && row.dueInMs <= 10_000)
  })

  it('claims again what came due again', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    const [first] = (await claim(db, 'normal', 20, newIdOf(db)))?.envelopes ?? []
    await transact(db, 'test.due', (tx) => makeDue(tx, sql`TRUE`))
    const [second] = (await claim(db, 'normal', 20, newIdOf(db), { condition: 'waiting' }))?.envelopes ?? []
    assert.ok(first)
    assert.deepEqual(second, first)
    assert.equal(await claim(db, 'normal', 20, newIdOf(db), { condition: 'waiting' }), undefined)
  })

  it('takes of the waiting rows of its class those that are due, in the order of their time', async () => {
    const waitingUntil = (until: Date | { afterMs: number }, type?: 'express') =>
      appendRow(db, { condition: 'waiting', until }, { recipients: 100, ...(type ? { type } : {}) })
    const second = await waitingUntil(new Date(2_000))
    const first = await waitingUntil(new Date(1_000))
    await waitingUntil({ afterMs: 60_000 })
    await waitingUntil(new Date(1_000), 'express')
    await appendRow(db, { condition: 'ready', tag: 0 })
    const claimed = await claim(db, 'normal', 20, newIdOf(db), { condition: 'waiting' })
    assert.deepEqual(
      rangesOf(claimed).map(({ smsIdentifier }) => smsIdentifier),
      [first, second],
    )
    assert.deepEqual([claimed?.rows, claimed?.isFull], [2, false])
  })

  it('merges small rows that came due, and two relays at once share them', async () => {
    for (let count = 0; count < 30; count++)
      await appendRow(db, { condition: 'waiting', until: new Date(1_000) })
    const before = await namedBy(db)
    const claims = await Promise.all(
      [1, 2].map(() => claim(db, 'normal', 1, newIdOf(db), { condition: 'waiting', rowsMax: 15 })),
    )
    assert.deepEqual(claims.flatMap((claimed) => spread(rangesOf(claimed))).sort(), before)
    assert.deepEqual(claims.map(sizesOf), [[15], [15]])
    assert.deepEqual(await namedBy(db), before)
  })

  it('takes normal rows by their tags, so that customers with a backlog take turns', async () => {
    await fund(db, 2, 1_000_000)
    const large = await sendOne(db, { userId: 1, to: 500 })
    const small = await sendOne(db, { userId: 2, to: 200 })
    const claimed = await claim(db, 'normal', 4, newIdOf(db))
    assert.deepEqual(
      rangesOf(claimed).map(({ smsIdentifier, first }) => [smsIdentifier, first]),
      [
        [large, 1],
        [small, 1],
        [large, 101],
        [small, 101],
      ],
    )
  })

  it('takes express rows by their deadlines', async () => {
    // Each counts from its own INSERT: they lie so far apart that no slow machine changes their order.
    const late = await appendRow(db, { condition: 'ready', deadlineInMs: 4_000 }, { type: 'express' })
    const early = await appendRow(db, { condition: 'ready', deadlineInMs: -60_000 }, { type: 'express' })
    const claimed = await claim(db, 'express', 1, newIdOf(db), { batchSizeMax: 1 })
    assert.deepEqual(
      rangesOf(claimed).map(({ smsIdentifier }) => smsIdentifier),
      [early],
    )
    const next = await claim(db, 'express', 1, newIdOf(db), { batchSizeMax: 1 })
    assert.deepEqual(
      rangesOf(next).map(({ smsIdentifier }) => smsIdentifier),
      [late],
    )
  })

  it('starts where it is told, and says where it ended', async () => {
    for (const tag of [1_000, 2_000, 2_000, 3_000])
      await appendRow(db, { condition: 'ready', tag }, { recipients: 100 })
    const [, , third, last] = await rowsOf(db)
    const from = { key: 2_000, id: Buffer.from(third?.id ?? '', 'hex') }
    const claimed = await claim(db, 'normal', 20, newIdOf(db), { from })
    assert.deepEqual(sizesOf(claimed), [100, 100])
    assert.deepEqual([claimed?.reached.key, claimed?.reached.id.toString('hex')], [3_000, last?.id])
    assert.deepEqual(
      (await readyOf(db)).map(({ key }) => key),
      [1_000, 2_000],
    )
  })

  it('merges small rows into envelopes of up to 100, and names the same recipients before and after', async () => {
    for (let i = 0; i < 30; i++) await sendOne(db, { userId: 1, to: 7 })
    const before = await namedBy(db)
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(sizesOf(claimed), [98, 98, 14])
    assert.deepEqual(await namedBy(db), before)
    assert.equal((await rowsOf(db)).length, 3)
    assert.deepEqual(spread(rangesOf(claimed)).sort(), before)
  })

  it('publishes an envelope in the order of its lowest tag, whether it was merged or not', async () => {
    for (const recipients of [40, 40, 100, 1])
      await appendRow(db, { condition: 'ready', tag: 1_000 }, { recipients })
    assert.deepEqual(sizesOf(await claim(db, 'normal', 20, newIdOf(db))), [80, 100, 1])
  })

  it('carries no delay and no error from one row to those that it is merged with', async () => {
    await appendRow(db, { condition: 'ready', tag: 0 }, { lastError: 'unavailable' })
    await appendRow(db, { condition: 'ready', tag: 0 })
    await appendRow(db, { condition: 'waiting', until: { afterMs: 4_000 } }, { lastError: 'unavailable' })
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(sizesOf(claimed), [2])
    const [backingOff, merged] = (await rowsOf(db)).sort((a, b) => a.dueInMs - b.dueInMs)
    assert.ok(backingOff && backingOff.dueInMs <= 4_000, 'it is not claimed')
    assert.deepEqual([merged?.lastError, merged?.key], [null, (claimed?.leaseUntil.getTime() ?? 0) * 1_000])
  })

  it('leaves a merged row as it is when it comes due again, as its envelope may still be on its way', async () => {
    for (let i = 0; i < 3; i++) await sendOne(db, { userId: 1, to: 2 })
    const first = await claim(db, 'normal', 20, newIdOf(db))
    await sendOne(db, { userId: 1, to: 2 })
    await makeReady(db, 'normal')
    const second = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(sizesOf(second).sort(), [2, 6])
    assert.ok(second?.envelopes.some(({ outboxId }) => outboxId === first?.envelopes[0]?.outboxId))
  })

  it('takes no more envelopes than there is room for, and leaves the rest ready', async () => {
    const oldest = await sendOne(db, { userId: 1, to: 250 })
    await sendOne(db, { userId: 1, to: 250 })
    const claimed = await claim(db, 'normal', 3, newIdOf(db))
    assert.deepEqual(sizesOf(claimed), [100, 100, 50])
    assert.ok(rangesOf(claimed).every(({ smsIdentifier }) => smsIdentifier === oldest))
    assert.equal((await readyOf(db)).length, 3)
  })

  it('takes at most 2,000 recipients at a time', async () => {
    await sendOne(db, { userId: 1, to: 3_000 })
    const claimed = await claim(db, 'normal', 100, newIdOf(db))
    assert.equal(
      sizesOf(claimed).reduce((sum, size) => sum + size),
      2_000,
    )
  })

  it('takes no more rows than it may, however small they are, and says whether more may be ready', async () => {
    const bounds = { batchSizeMax: 2_000, rowsMax: 20 }
    for (let sent = 0; sent < 30; sent++) await sendOne(db, { userId: 1, to: 1 })
    const first = await claim(db, 'normal', 100, newIdOf(db), bounds)
    assert.deepEqual([sizesOf(first), first?.isFull], [[20], true])
    const rest = await claim(db, 'normal', 100, newIdOf(db), bounds)
    assert.deepEqual([sizesOf(rest), rest?.isFull], [[10], false])
    for (let sent = 0; sent < 25; sent++) await sendOne(db, { userId: 1, to: 90 })
    const large = await claim(db, 'normal', 100, newIdOf(db), bounds)
    assert.deepEqual([sizesOf(large).length, large?.isFull], [20, true])
  })

  it('says that more is ready when the rows that follow small ones are too large to go with them', async () => {
    for (let sent = 0; sent < 20; sent++) await sendOne(db, { userId: 1, to: 1 })
    for (let sent = 0; sent < 25; sent++) await sendOne(db, { userId: 1, to: 100 })
    const first = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual([sizesOf(first).length, first?.isFull], [20, true])
    const [next] = (await readyOf(db)).sort((a, b) => a.key - b.key)
    assert.ok(next && (first?.reached.key ?? Infinity) < next.key, 'it has not passed what it left')
    const rest = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual([sizesOf(rest).length, rest?.isFull], [6, false])
  })

  it('is shared by two relays at once: each gets rows, none waits, and none gets what the other has', async () => {
    for (let i = 0; i < 40; i++) await sendOne(db, { userId: 1, to: 100 })
    await transact(db, 'test.first', async (tx) => {
      const locked = await sql<{ id: Buffer }>`SELECT id FROM outbox_events FORCE INDEX (idx_outbox_order)
        WHERE lane = 2 ORDER BY order_key, id LIMIT 10 FOR UPDATE SKIP LOCKED`.execute(tx)
      const second = await claim(db, 'normal', 10, newIdOf(db))
      assert.equal(second?.envelopes.length, 10)
      const lockedIds = new Set(locked.rows.map(({ id }) => id.toString('hex')))
      const gotIds = second.envelopes.map(({ outboxId }) => outboxId.replaceAll('-', ''))
      assert.deepEqual(
        gotIds.filter((id) => lockedIds.has(id)),
        [],
      )
    })
  })

  it('gives each of three relays at once its ten envelopes, time and again', async () => {
    for (let i = 0; i < 30; i++) await sendOne(db, { userId: 1, to: 100 })
    for (let round = 0; round < 20; round++) {
      await makeReady(db, 'normal')
      const claims = await Promise.all([1, 2, 3].map(() => claim(db, 'normal', 10, newIdOf(db))))
      const ids = claims.flatMap((claimed) => claimed?.envelopes.map(({ outboxId }) => outboxId) ?? [])
      assert.deepEqual([ids.length, new Set(ids).size], [30, 30])
    }
  })

  it('postpones a row that it cannot read, and takes the others', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    await look(db, sql`UPDATE outbox_events SET payload = '{"of":"a newer version"}'`)
    await sendOne(db, { userId: 1, to: 2 })
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual([sizesOf(claimed), claimed?.unreadable.length], [[2], 1])
    const [unreadable] = await rowsOf(db)
    assert.deepEqual([unreadable?.lane, unreadable?.lastError], [3, 'the payload cannot be read'])
    assert.ok(unreadable && unreadable.dueInMs > 50_000)
    assert.equal(await claim(db, 'normal', 20, newIdOf(db)), undefined)
  })
})
