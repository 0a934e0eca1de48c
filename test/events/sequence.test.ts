import assert from 'node:assert/strict'
import { sql } from 'kysely'
import {
  appendEvents,
  appendLowBalances,
  ensureSequence,
  removeOldEvents,
  sequence,
} from '../../src/events/index.ts'
import type { EventChange } from '../../src/events/index.ts'
import { waitingCustomers } from '../../src/events/sequence.ts'
import { transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { explain } from '../support/explain.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { logOf, queueOf, sequenceAll } from './arrangeEvents.ts'

describe('the sequencer', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
    await transact(db, 'test.customers', async (tx) => {
      for (const userId of [1, 2, 3]) await ensureSequence(tx, userId)
    })
  })
  afterEach(() => stack.drop())

  const append = (...changes: EventChange[]) => transact(db, 'test.append', (tx) => appendEvents(tx, changes))
  const sent = (userId: number, smsIdentifier = newIdOf(db)(), recipientNo = 1): EventChange => {
    return { userId, smsIdentifier, recipientNo, type: 'message.sent', makesEvents: 1 }
  }
  const sentTo = (userId: number, count: number) => {
    const id = newIdOf(db)()
    return Array.from({ length: count }, (_, index) => sent(userId, id, index + 1))
  }
  const numbersOf = async (userId: number) =>
    (await logOf(db))
      .filter((line) => line.startsWith(`${userId} `))
      .map((line) => Number(line.split(' ')[1]))
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

  it("numbers each customer's events from 1 on and leaves none waiting", async () => {
    await append(...sentTo(1, 3), ...sentTo(2, 2))
    assert.equal(await sequenceAll(db), 5)
    await append(...sentTo(1, 2))
    assert.equal(await sequenceAll(db), 2)
    assert.deepEqual(await numbersOf(1), upTo(5))
    assert.deepEqual(await numbersOf(2), upTo(2))
    assert.deepEqual(await queueOf(db), [])
  })

  it('leaves out changes of recipients that make no events, without a statement for them', async () => {
    await append({ ...sent(1), makesEvents: 0 })
    assert.deepEqual(await queueOf(db), [])
    // A transaction that can run none.
    const none = undefined as unknown as Tx
    await appendEvents(none, [{ ...sent(1), makesEvents: 0 }])
    await appendLowBalances(none, [])
  })

  it("keeps a recipient's events in the order of their versions, whatever the clocks say", async () => {
    const [one, two] = [newIdOf(db)(), newIdOf(db)()]
    await append(
      { ...sent(1, two), type: 'message.delivered' },
      { ...sent(1, one), type: 'message.delivered' },
    )
    await look(db, sql`UPDATE event_queue SET occurred_at = occurred_at - INTERVAL 1 HOUR`)
    await append(sent(1, one), sent(1, two))
    // One event a batch, so that a batch ends between the two of a recipient.
    await sequenceAll(db, { eventsMax: 1 })
    assert.deepEqual(await logOf(db), [
      `1 1 message.sent ${one}:1`,
      `1 2 message.delivered ${one}:1`,
      `1 3 message.sent ${two}:1`,
      `1 4 message.delivered ${two}:1`,
    ])
  })

  it('appends the event of a change once, however often it is written', async () => {
    const change = sent(1)
    await append(change)
    await append(change)
    assert.equal((await queueOf(db)).length, 1)
  })

  it('works in any number of processes at once, beside those that append', async () => {
    let isOver = false
    const appending = Promise.all(
      [1, 2, 3].map(async (userId) => {
        for (let n = 0; n < 20; n++) await append(...sentTo(userId, 5))
      }),
    ).then(() => (isOver = true))
    await Promise.all([
      appending,
      ...upTo(4).map(async () => {
        while (!isOver) await sequenceAll(db, { eventsMax: 7 })
      }),
    ])
    await sequenceAll(db)
    for (const userId of [1, 2, 3]) assert.deepEqual(await numbersOf(userId), upTo(100))
    assert.equal(new Set((await logOf(db)).map((line) => line.replace(/ \d+ /, ' '))).size, 300)
  })

  it('leaves a customer that another one works on to it, and goes on with the others', async () => {
    await append(sent(1), sent(2))
    await transact(db, 'test.other', async (tx) => {
      await sql`SELECT 1 FROM event_sequences WHERE user_id = 1 FOR UPDATE`.execute(tx)
      const { events } = await sequence(db)
      assert.deepEqual(
        events.map(({ userId }) => userId),
        [2],
      )
    })
    assert.equal(await sequenceAll(db), 1)
    assert.deepEqual(await numbersOf(1), [1])
  })

  it('changes nothing when it ends before its commit', async () => {
    await append(...sentTo(1, 3))
    const broken = sequence(db, { onSequenced: () => Promise.reject(new Error('killed')) })
    await assert.rejects(broken, /killed/)
    assert.deepEqual(await numbersOf(1), [])
    assert.equal((await queueOf(db)).length, 3)
    await sequenceAll(db)
    assert.deepEqual(await numbersOf(1), upTo(3))
  })

  it('goes on after the customer that filled a batch, so that its backlog keeps no other waiting', async () => {
    await append(...sentTo(1, 50), sent(2))
    const first = await sequence(db, { eventsMax: 10 })
    assert.equal(first.last, 1)
    const second = await sequence(db, { eventsMax: 10, above: 1 })
    assert.deepEqual(
      second.events.map(({ userId }) => userId),
      [2],
    )
  })

  it('finds waiting customers by a jump from one to the next', async () => {
    for (const userId of [1, 2, 3]) await append(...sentTo(userId, 400))
    await look(db, sql`ANALYZE TABLE event_queue`)
    const [line] = await explain(db, waitingCustomers(0))
    assert.equal(line?.key, 'PRIMARY')
    assert.match(line?.Extra ?? '', /for group-by/)
  })

  it("deletes old events in the order of each customer's numbers, a bounded batch at a time", async () => {
    await append(...sentTo(1, 5), ...sentTo(2, 2))
    await sequenceAll(db)
    await look(
      db,
      sql`UPDATE event_log SET sequenced_at = NOW(3) - INTERVAL 31 DAY WHERE user_id = 1 AND seq <= 4`,
    )
    assert.equal(await removeOldEvents(db, 3), 3)
    assert.deepEqual(await numbersOf(1), [4, 5])
    assert.equal(await removeOldEvents(db, 3), 1)
    assert.equal(await removeOldEvents(db, 3), 0)
    assert.deepEqual(await numbersOf(1), [5])
    assert.deepEqual(await numbersOf(2), [1, 2])
  })
})
