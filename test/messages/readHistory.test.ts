import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { accept, readHistory } from '../../src/messages/index.ts'
import type { HistoryItem, HistoryQuery } from '../../src/messages/types.ts'
import { findOpen } from '../../src/outbox/index.ts'
import { claim } from '../../src/outbox/claim.ts'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { acceptContextOf, fund, look, newIdOf, priceBy, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

/** Follows the cursors to the end. */
async function readAll(db: Db, query: Omit<HistoryQuery, 'cursor'>): Promise<HistoryItem[][]> {
  const pages: HistoryItem[][] = []
  let cursor: HistoryQuery['cursor']
  do {
    const page = await readHistory(db, { ...query, cursor })
    pages.push(page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return pages
}

const keyOf = ({ smsIdentifier, recipient }: HistoryItem) => `${smsIdentifier} ${recipient}`

describe('history', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
    await fund(db, 1, 1_000_000)
    await fund(db, 2, 1_000_000)
  })
  after(() => stack.drop())
  beforeEach(async () => {
    for (const table of ['outbox_events', 'sms_status', 'sms_requests']) {
      await look(db, sql`DELETE FROM ${sql.table(table)}`)
    }
  })

  const finishAll = async () => {
    await look(db, sql`UPDATE sms_status SET status = 'done'`)
    await look(db, sql`DELETE FROM outbox_events`)
  }

  it('pages through everything, newest first, each recipient once, also within a request', async () => {
    const sent = []
    for (const to of [1, 5, 130, 1, 2, 1]) sent.push({ id: await sendOne(db, { userId: 1, to }), to })
    const pages = await readAll(db, { userId: 1, limit: 7 })
    const items = pages.flat()
    assert.equal(items.length, 140)
    assert.equal(new Set(items.map(keyOf)).size, 140)
    const order = [...new Set(items.map(({ smsIdentifier }) => smsIdentifier))]
    assert.deepEqual(order, sent.map(({ id }) => id).reverse())
    assert.ok(pages.slice(0, -1).every(({ length }) => length === 7))
  })

  it('shows a customer only its own', async () => {
    const other = await sendOne(db, { userId: 2, to: 3 })
    await sendOne(db, { userId: 1, to: 1 })
    assert.deepEqual((await readAll(db, { userId: 1, limit: 100 })).flat().length, 1)
    assert.deepEqual((await readAll(db, { userId: 1, limit: 100, smsIdentifier: other })).flat(), [])
    for (const status of ['pending', 'sending', 'done'] as const) {
      const items = (await readAll(db, { userId: 1, limit: 100, status })).flat()
      assert.ok(items.every(({ userId }) => userId === 1))
    }
  })

  it('finds pending ones in rows of their own and in rows that a claim merged', async () => {
    const [first, second] = [await sendOne(db, { userId: 1, to: 2 }), await sendOne(db, { userId: 1, to: 3 })]
    await sendOne(db, { userId: 2, to: 4 })
    await claim(db, 'normal', 20, newIdOf(db))
    const third = await sendOne(db, { userId: 1, to: 150 })
    for (const limit of [1_000, 7]) {
      const items = (await readAll(db, { userId: 1, limit, status: 'pending' })).flat()
      assert.equal(new Set(items.map(keyOf)).size, 155)
      assert.equal(items.length, 155)
      assert.deepEqual([...new Set(items.map(({ smsIdentifier }) => smsIdentifier))], [third, second, first])
    }
  })

  it('finds pending ones among more open requests than one statement names', async () => {
    const newId = newIdOf(db)
    const requests = Array.from({ length: 1_100 }, () => ({
      ...{ smsIdentifier: newId(), userId: 1, type: 'normal' as const, text: 'hi', traceparent: undefined },
      recipients: Array.from({ length: 9 }, (_, no) => `+99900000${no}`),
    }))
    while (requests.length > 0)
      await accept(db, requests.splice(-100), {
        ...acceptContextOf(db),
        price: priceBy({ normal: 1, express: 1 }),
      })
    const pages = await readAll(db, { userId: 1, limit: 1_000, status: 'pending' })
    assert.equal(new Set(pages.flat().map(keyOf)).size, 9_900)
    assert.equal(pages.flat().length, 9_900)
  })

  it('tells sending from pending', async () => {
    const id = await sendOne(db, { userId: 1, to: 4 })
    await look(db, sql`UPDATE sms_status SET status = 'sending' WHERE recipient_no = 2`)
    const sending = (await readAll(db, { userId: 1, limit: 10, status: 'sending' })).flat()
    assert.deepEqual(
      sending.map(({ smsIdentifier, recipient }) => [smsIdentifier, recipient]),
      [[id, '09120000001']],
    )
    assert.equal((await readAll(db, { userId: 1, limit: 10, status: 'pending' })).flat().length, 3)
  })

  it('finds the few finished ones of a kind behind many others', async () => {
    const old = await sendOne(db, { userId: 1, to: 2 })
    for (let i = 0; i < 3; i++) await sendOne(db, { userId: 1, to: 5_000 })
    await finishAll()
    await look(
      db,
      sql`UPDATE sms_status SET status = 'failed' WHERE sms_identifier = (SELECT MIN(sms_identifier) FROM sms_requests)`,
    )
    const pages = await readAll(db, { userId: 1, limit: 100, status: 'failed' })
    assert.deepEqual(
      pages.map(({ length }) => length),
      [0, 2],
    )
    assert.equal(pages[1]?.[0]?.smsIdentifier, old)
  })

  it('examines no finished message to find that none is open', async () => {
    for (let i = 0; i < 4; i++) await sendOne(db, { userId: 1, to: 5_000 })
    await finishAll()
    // The counters are a session's own.
    const rowsRead = await read(db, 'test.handler', async (reader) => {
      const total = async () => {
        const { rows } = await sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Handler_read%'`.execute(
          reader,
        )
        return rows.reduce((sum, { Value }) => sum + Number(Value), 0)
      }
      const before = await total()
      const open = await findOpen(reader, { userId: 1, rowsMax: 200 })
      assert.deepEqual(open.ranges, [])
      return (await total()) - before
    })
    assert.ok(rowsRead < 50, `${rowsRead} rows were read`)
    assert.deepEqual((await readHistory(db, { userId: 1, limit: 100, status: 'pending' })).items, [])
  })

  it('keeps its place when newer messages come in between two pages', async () => {
    const old = await sendOne(db, { userId: 1, to: 4 })
    const first = await readHistory(db, { userId: 1, limit: 2 })
    await sendOne(db, { userId: 1, to: 3 })
    const second = await readHistory(db, { userId: 1, limit: 10, cursor: first.nextCursor ?? undefined })
    assert.deepEqual(
      [...first.items, ...second.items].map(({ smsIdentifier, recipient }) => [smsIdentifier, recipient]),
      ['09120000003', '09120000002', '09120000001', '09120000000'].map((recipient) => [old, recipient]),
    )
  })
})
