import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { openVirtualTime } from '../../src/outbox/index.ts'
import { openPositionPublisher, publishPosition, readPosition } from '../../src/outbox/positions.ts'
import { read, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { look } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('the position of a ready lane', () => {
  let stack: Stack
  let db: Db
  let timeMs: number
  const nowMs = () => timeMs
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    timeMs = 0
    await look(db, sql`UPDATE outbox_positions SET order_key = 0`)
  })
  afterEach(() => stack.drop())

  const position = (type: 'normal' | 'express' = 'normal') =>
    read(db, 'test.position', (reader) => readPosition(reader, type))

  it('is one above the key that a claim reached, only grows, and is one for each class', async () => {
    for (const key of [500, 200])
      await transact(db, 'test.publish', (tx) => publishPosition(tx, 'normal', key))
    assert.deepEqual([await position(), await position('express')], [501, 0])
  })

  it('is published when it changed, at most once a second, and the last change is not forgotten', async () => {
    const publisher = openPositionPublisher(db, 'normal', nowMs)
    await publisher.publish()
    assert.equal(await position(), 0)
    publisher.noteReached(100)
    await publisher.publish()
    publisher.noteReached(300)
    publisher.noteReached(200)
    timeMs = 999
    await publisher.publish()
    assert.equal(await position(), 101)
    timeMs = 1_000
    await publisher.publish()
    assert.equal(await position(), 301)
    await look(db, sql`UPDATE outbox_positions SET order_key = 0`)
    timeMs = 5_000
    await publisher.publish()
    assert.equal(await position(), 0, 'nothing changed')
  })

  it('is the virtual time of acceptors, which read it once a second at most', async () => {
    const virtualTime = openVirtualTime(nowMs)
    const publish = (key: number) => transact(db, 'test.publish', (tx) => publishPosition(tx, 'normal', key))
    const readIt = () => transact(db, 'test.read', (tx) => virtualTime.read(tx))
    await publish(100)
    assert.equal(await readIt(), 101)
    await publish(200)
    timeMs = 999
    assert.equal(await readIt(), 101)
    timeMs = 1_000
    assert.equal(await readIt(), 201)
  })

  it('can be read while a relay publishes it', async () => {
    const virtualTime = openVirtualTime(nowMs)
    await transact(db, 'test.publish', async (tx) => {
      await publishPosition(tx, 'normal', 100)
      assert.equal(await transact(db, 'test.read', (other) => virtualTime.read(other)), 0)
    })
  })
})
