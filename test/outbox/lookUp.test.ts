import assert from 'node:assert/strict'
import { lookUp } from '../../src/outbox/lookUp.ts'
import { placeOf } from '../../src/outbox/place.ts'
import type { Place } from '../../src/outbox/place.ts'
import { closeDb, databaseNowMs, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { appendRow, rowsOf } from './rows.ts'

describe('a look-up of what is ready or due', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
  })
  afterEach(() => stack.drop())

  const secondsAgo = (seconds: number) => ({
    condition: 'waiting' as const,
    until: new Date(Math.floor(databaseNowMs(db)) - seconds * 1_000),
  })

  it('finds nothing in an empty outbox, in the other class, or before it is due', async () => {
    await appendRow(db, { condition: 'ready', tag: 1 })
    await appendRow(db, secondsAgo(1))
    await appendRow(db, { condition: 'waiting', until: { afterMs: 60_000 } }, { type: 'express' })
    const { ready, due } = await lookUp(db, 'express')
    assert.deepEqual([ready, due], [undefined, undefined])
  })

  it('finds the first ready row from a place on, or from the beginning', async () => {
    for (const tag of [1_000, 2_000]) await appendRow(db, { condition: 'ready', tag })
    const [first, second] = await rowsOf(db)
    const found = async (from?: number) => {
      const { ready } = await lookUp(db, 'normal', from === undefined ? undefined : { ready: placeOf(from) })
      return [ready?.key, ready?.id.toString('hex')]
    }
    assert.deepEqual(await found(), [1_000, first?.id])
    assert.deepEqual(await found(1_000), [1_000, first?.id])
    assert.deepEqual(await found(1_001), [2_000, second?.id])
    assert.deepEqual(await found(2_001), [undefined, undefined])
  })

  it('finds what came due since five seconds before the last look-up, and earlier rows from a place or the beginning', async () => {
    const old = secondsAgo(300)
    const key = old.until.getTime() * 1_000
    await appendRow(db, old)
    const dueKey = async (from?: { due?: Place; dueKnownUntil?: number }) =>
      (await lookUp(db, 'normal', from && { ready: placeOf(0), ...from })).due?.key
    assert.equal(await dueKey(), key)
    assert.equal(await dueKey({}), undefined, 'half a minute back where no look-up was answered')
    assert.equal(await dueKey({ due: placeOf(key) }), key)
    assert.equal(
      await dueKey({ dueKnownUntil: key + 5_000_000 }),
      key,
      'a relay that could not look for minutes',
    )
    assert.equal(await dueKey({ dueKnownUntil: key + 5_000_001 }), undefined)
    const late = secondsAgo(3)
    await appendRow(db, late)
    const ahead = (databaseNowMs(db) + 3_600_000) * 1_000
    assert.equal(await dueKey({ dueKnownUntil: ahead }), late.until.getTime() * 1_000, 'a clock set back')
    const { nowKey } = await lookUp(db, 'normal')
    assert.equal(await dueKey({ dueKnownUntil: nowKey }), late.until.getTime() * 1_000)
  })

  it('is counted apart when it starts at the beginning, because that may be slow', async () => {
    const counted: string[] = []
    const connections = { maxOpenConns: 1, maxIdleConns: 1, connMaxLifetimeSeconds: 60 }
    const observed = openDb({ url: stack.databaseUrl, ...connections }, (operation) =>
      counted.push(operation),
    )
    await lookUp(observed, 'normal')
    await lookUp(observed, 'normal', { ready: placeOf(0) })
    await closeDb(observed)
    assert.deepEqual(counted, ['outbox.look_up_all', 'outbox.look_up'])
  })
})
