import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import { claim, hasDue } from '../../src/outbox/claim.ts'
import type { Claim } from '../../src/outbox/claim.ts'
import { countRecipients, decodeRanges } from '../../src/outbox/envelope.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { fund, look, newIdOf, offer, sendOne } from '../support/arrange.ts'
import { explain } from '../support/explain.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

interface Named {
  id: string
  next_run_at: string
  attempts: number
  payload: string
  due: number
}

const rowsOf = (db: Db) =>
  look(
    db,
    sql<Named>`SELECT HEX(id) AS id, CAST(next_run_at AS CHAR) AS next_run_at, attempts, payload,
      next_run_at <= NOW(6) AS due FROM outbox_events ORDER BY id`,
  )

/** Every recipient that the outbox names, each as often as it does. */
async function named(db: Db): Promise<string[]> {
  const rows = await rowsOf(db)
  return rows.flatMap(({ payload }) => spread(decodeRanges(payload) ?? [])).sort()
}

const spread = (ranges: { smsIdentifier: string; first: number; last: number }[]) =>
  ranges.flatMap(({ smsIdentifier, first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => `${smsIdentifier}:${first + index}`),
  )

const sizes = (claimed: Claim | undefined) =>
  claimed?.envelopes.map(({ ranges }) => countRecipients(ranges)) ?? []

describe('a claim of outbox rows', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, 1, 1_000_000)
  })
  afterEach(() => stack.drop())

  it('finds nothing when nothing is due, and takes only its own class', async () => {
    assert.equal(await hasDue(db, 'normal'), false)
    await sendOne(db, { userId: 1, to: 1, type: 'express' })
    assert.deepEqual([await hasDue(db, 'normal'), await hasDue(db, 'express')], [false, true])
    assert.equal(await claim(db, 'normal', 20, newIdOf(db)), undefined)
    assert.deepEqual(sizes(await claim(db, 'express', 20, newIdOf(db))), [1])
  })

  it('moves the due time into the future, so that nobody claims the same again', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.equal(await claim(db, 'normal', 20, newIdOf(db)), undefined)
    const [row] = await rowsOf(db)
    assert.deepEqual([row?.due, row?.next_run_at], [0, claimed?.leaseUntil])
  })

  it('claims again what came due again', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    const [first] = (await claim(db, 'normal', 20, newIdOf(db)))?.envelopes ?? []
    await look(db, sql`UPDATE outbox_events SET next_run_at = NOW(6)`)
    const [second] = (await claim(db, 'normal', 20, newIdOf(db)))?.envelopes ?? []
    assert.ok(first)
    assert.deepEqual(second, first)
  })

  it('merges small rows into envelopes of up to 100, and names the same recipients before and after', async () => {
    for (let i = 0; i < 30; i++) await sendOne(db, { userId: 1, to: 7 })
    const before = await named(db)
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(sizes(claimed), [98, 98, 14])
    assert.deepEqual(await named(db), before)
    assert.equal((await rowsOf(db)).length, 3)
    assert.deepEqual(claimed?.envelopes.flatMap(({ ranges }) => spread(ranges)).sort(), before)
  })

  it('leaves a merged row as it is when it comes due again, as its envelope may still be on its way', async () => {
    for (let i = 0; i < 3; i++) await sendOne(db, { userId: 1, to: 2 })
    const first = await claim(db, 'normal', 20, newIdOf(db))
    await sendOne(db, { userId: 1, to: 2 })
    await look(db, sql`UPDATE outbox_events SET next_run_at = NOW(6)`)
    const second = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual(sizes(second).sort(), [2, 6])
    assert.ok(second?.envelopes.some(({ outboxId }) => outboxId === first?.envelopes[0]?.outboxId))
  })

  it('takes no more envelopes than there is room for, the oldest due first, and leaves the rest due', async () => {
    const oldest = await sendOne(db, { userId: 1, to: 250 })
    await sendOne(db, { userId: 1, to: 250 })
    const claimed = await claim(db, 'normal', 3, newIdOf(db))
    assert.deepEqual(sizes(claimed), [100, 100, 50])
    assert.ok(
      claimed?.envelopes.every(({ ranges }) => ranges.every(({ smsIdentifier }) => smsIdentifier === oldest)),
    )
    assert.equal((await rowsOf(db)).filter(({ due }) => due === 1).length, 3)
  })

  it('takes at most 2,000 recipients at a time', async () => {
    await sendOne(db, { userId: 1, to: 3_000 })
    const claimed = await claim(db, 'normal', 100, newIdOf(db))
    assert.equal(
      sizes(claimed).reduce((sum, size) => sum + size),
      2_000,
    )
  })

  it('takes no more rows than it may, however small they are, and says whether more may be due', async () => {
    const bounds = { batchSizeMax: 2_000, rowsMax: 20 }
    for (let sent = 0; sent < 30; sent++) await sendOne(db, { userId: 1, to: 1 })
    const first = await claim(db, 'normal', 100, newIdOf(db), bounds)
    assert.deepEqual([sizes(first), first?.isFull], [[20], true])
    const rest = await claim(db, 'normal', 100, newIdOf(db), bounds)
    assert.deepEqual([sizes(rest), rest?.isFull], [[10], false])
    for (let sent = 0; sent < 25; sent++) await sendOne(db, { userId: 1, to: 90 })
    const large = await claim(db, 'normal', 100, newIdOf(db), bounds)
    assert.deepEqual([sizes(large).length, large?.isFull], [20, true])
  })

  it('says that more is due when the rows that follow small ones are too large to go with them', async () => {
    for (let sent = 0; sent < 20; sent++) await sendOne(db, { userId: 1, to: 1 })
    for (let sent = 0; sent < 25; sent++) await sendOne(db, { userId: 1, to: 100 })
    const first = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual([sizes(first).length, first?.isFull], [20, true])
    const rest = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual([sizes(rest).length, rest?.isFull], [6, false])
  })

  it('is shared by two relays at once: each gets rows, none waits, and none gets what the other has', async () => {
    for (let i = 0; i < 40; i++) await sendOne(db, { userId: 1, to: 100 })
    await transact(db, 'test.first', async (tx) => {
      const held = await sql<{
        id: Buffer
      }>`SELECT id FROM outbox_events WHERE priority = 0 AND next_run_at <= NOW(6)
        ORDER BY next_run_at, id LIMIT 10 FOR UPDATE SKIP LOCKED`.execute(tx)
      const second = await claim(db, 'normal', 10, newIdOf(db))
      assert.equal(second?.envelopes.length, 10)
      const heldIds = new Set(held.rows.map(({ id }) => id.toString('hex')))
      const gotIds = second.envelopes.map(({ outboxId }) => outboxId.replaceAll('-', ''))
      assert.deepEqual(
        gotIds.filter((id) => heldIds.has(id)),
        [],
      )
    })
  })

  it('gives each of three relays at once its ten envelopes, time and again', async () => {
    for (let i = 0; i < 30; i++) await sendOne(db, { userId: 1, to: 100 })
    for (let round = 0; round < 20; round++) {
      await look(db, sql`UPDATE outbox_events SET next_run_at = NOW(6) - INTERVAL 1 SECOND`)
      const claims = await Promise.all([1, 2, 3].map(() => claim(db, 'normal', 10, newIdOf(db))))
      const ids = claims.flatMap((claimed) => claimed?.envelopes.map(({ outboxId }) => outboxId) ?? [])
      assert.deepEqual([ids.length, new Set(ids).size], [30, 30])
    }
  })

  it('puts off a row that it cannot read, and takes the others', async () => {
    await sendOne(db, { userId: 1, to: 1 })
    await look(db, sql`UPDATE outbox_events SET payload = '{"of":"a newer version"}'`)
    await sendOne(db, { userId: 1, to: 2 })
    const claimed = await claim(db, 'normal', 20, newIdOf(db))
    assert.deepEqual([sizes(claimed), claimed?.unreadable.length], [[2], 1])
    const [unreadable] = (await rowsOf(db)).filter(({ attempts }) => attempts === 1)
    assert.equal(unreadable?.due, 0)
    assert.equal(await claim(db, 'normal', 20, newIdOf(db)), undefined)
  })

  it('reads and locks through the index that satisfies its order, without sorting', async () => {
    for (let i = 0; i < 5; i++) await sendOne(db, { userId: 1, to: 300 })
    await look(db, sql`ANALYZE TABLE outbox_events`)
    const [plan] = await explain(
      db,
      sql`SELECT id FROM outbox_events
        WHERE priority = 0 AND next_run_at <= NOW(6) ORDER BY next_run_at, id LIMIT 10 FOR UPDATE SKIP LOCKED`,
    )
    assert.equal(plan?.key, 'idx_outbox_due')
    assert.doesNotMatch(plan.Extra ?? '', /filesort|temporary/i)
  })

  it('does so by name, where the optimizer by itself would read and lock the whole of a small table', async () => {
    const send = () => offer(db, ...Array.from({ length: 30 }, () => ({ userId: 1, to: 1 })))
    await send()
    const statements = await statementsOf((proxied) => claim(proxied, 'normal', 20, newIdOf(proxied)))
    const locking = statements.filter((statement) => statement.endsWith('SKIP LOCKED'))
    assert.equal(
      locking.length,
      2,
      'one for as many as there may be envelopes, one for what fits beside them',
    )
    await send()
    for (const statement of locking) {
      const [plan] = await explain(db, sql.raw(statement))
      assert.equal(plan?.key, 'idx_outbox_due', statement)
      assert.doesNotMatch(plan.Extra ?? '', /filesort|temporary/i)
    }
  })

  /** The SELECTs that some work sends, as the server gets them. */
  async function statementsOf(work: (db: Db) => Promise<unknown>): Promise<string[]> {
    const proxy = await openTcpProxy(stack.databaseUrl)
    const proxied = openDb({ url: proxy.url, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
    const statements: string[] = []
    proxy.onBytes((bytes, direction) => {
      const text = bytes.toString('latin1')
      if (direction === 'toServer' && text.includes('SELECT'))
        statements.push(text.slice(text.indexOf('SELECT')))
    })
    await work(proxied)
    await closeDb(proxied)
    await proxy.close()
    return statements
  }
})
