import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { PROMOTE_ROWS_MAX, promote } from '../../src/outbox/promote.ts'
import { publishPosition, readPosition } from '../../src/outbox/positions.ts'
import { append } from '../../src/outbox/index.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { appendRow, readyOf, rowsOf } from './rows.ts'

const DUE = { condition: 'waiting', until: new Date(1_000) } as const
const DUE_KEY = 1_000_000

describe('rows that come due', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
  })
  afterEach(() => stack.drop())

  const positionOf = (type: 'normal' | 'express') => read(db, 'test.position', (tx) => readPosition(tx, type))

  it('go to the ready lane of their class, and others wait on', async () => {
    await appendRow(db, DUE)
    await appendRow(db, DUE, { type: 'express' })
    await appendRow(db, { condition: 'waiting', until: { afterMs: 60_000 } })
    assert.deepEqual(await promote(db, 'normal', 0), { rows: 1 })
    assert.deepEqual(
      (await rowsOf(db)).map(({ lane }) => lane),
      [2, 1, 3],
    )
    assert.deepEqual(await promote(db, 'express', 0), { rows: 1 })
    assert.deepEqual(
      (await rowsOf(db)).map(({ lane }) => lane),
      [2, 0, 3],
    )
  })

  it('enter at the published position, before all that is ready and behind all that claims have passed', async () => {
    const reached = (await positionOf('normal')) + 5_000
    await transact(db, 'test.publish', (tx) => publishPosition(tx, 'normal', reached))
    await appendRow(db, { condition: 'ready', tag: reached + 1_000 })
    await appendRow(db, DUE)
    await promote(db, 'normal', 0)
    const keys = (await readyOf(db)).map(({ key }) => key - reached).sort((a, b) => a - b)
    assert.deepEqual(keys, [1, 1_000])
  })

  it('are looked for from a key on', async () => {
    await appendRow(db, DUE)
    assert.deepEqual(await promote(db, 'normal', DUE_KEY + 1), { rows: 0 })
    assert.deepEqual(await promote(db, 'normal', DUE_KEY), { rows: 1 })
  })

  it('go in bounded batches, and it is said where the next one begins', async () => {
    const rows = Array.from({ length: PROMOTE_ROWS_MAX + 1 }, () => ({
      ...{ id: newIdOf(db)(), type: 'normal' as const, order: DUE },
      ranges: [{ smsIdentifier: newIdOf(db)(), first: 1, last: 1, userId: 1 }],
    }))
    await transact(db, 'test.append', (tx) => append(tx, rows))
    assert.deepEqual(await promote(db, 'normal', 0), { rows: PROMOTE_ROWS_MAX, moreFromKey: DUE_KEY })
    assert.deepEqual(await promote(db, 'normal', DUE_KEY), { rows: 1 })
  })

  it('are left for later while another session locks them', async () => {
    await appendRow(db, DUE)
    await appendRow(db, DUE)
    await transact(db, 'test.lock', async (tx) => {
      await sql`SELECT id FROM outbox_events FORCE INDEX (PRIMARY) ORDER BY id LIMIT 1 FOR UPDATE`.execute(tx)
      assert.deepEqual(await promote(db, 'normal', 0), { rows: 1 })
    })
    assert.deepEqual(await promote(db, 'normal', 0), { rows: 1 })
  })

  it('wait for no session that publishes the position', async () => {
    await appendRow(db, DUE)
    await transact(db, 'test.lock', async (tx) => {
      await publishPosition(tx, 'normal', 1)
      assert.deepEqual(await promote(db, 'normal', 0), { rows: 1 })
    })
  })

  it('are shared by two relays at once', async () => {
    for (let i = 0; i < 20; i++) await appendRow(db, DUE)
    const promoted = await Promise.all([1, 2].map(() => promote(db, 'normal', 0)))
    assert.equal(
      promoted.reduce((sum, { rows }) => sum + rows, 0),
      20,
    )
    assert.deepEqual(
      (await look(db, sql<{ lane: number }>`SELECT DISTINCT lane FROM outbox_events`)).map(
        ({ lane }) => lane,
      ),
      [2],
    )
  })
})
