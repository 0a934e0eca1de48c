import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { perMinute } from '../../src/limits/index.ts'
import { accept } from '../../src/messages/index.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { decodeRanges } from '../../src/outbox/index.ts'
import { audit } from '../../src/audit/index.ts'
import {
  acceptContextOf,
  balanceOf,
  countRows,
  fund,
  look,
  newIdOf,
  offer,
  sendOne,
} from '../support/arrange.ts'
import { recipients } from '../support/api.ts'
import { explain } from '../support/explain.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

describe('accepting requests', () => {
  let stack: Stack
  let db: Db
  beforeEach(async () => {
    stack = await freshStack()
    db = stack.db
  })
  afterEach(() => stack.drop())

  it('writes the debit, the message and its outbox row together', async () => {
    await fund(db, 1, 10)
    const smsIdentifier = await sendOne(db, { userId: 1, to: 3 })
    assert.equal(await balanceOf(db, 1), 7)
    assert.deepEqual(await countRows(db), {
      user_balances: 1,
      user_transactions: 2,
      sms_requests: 1,
      sms_status: 3,
      outbox_events: 1,
    })
    const [row] = await look(db, sql<{ payload: string }>`SELECT payload FROM outbox_events`)
    assert.deepEqual(decodeRanges(row?.payload ?? ''), [{ smsIdentifier, first: 1, last: 3, userId: 1 }])
  })

  it('writes nothing at all when the last step fails', async () => {
    await fund(db, 1, 10)
    const before = await countRows(db)
    const tooLong = '0'.repeat(17)
    await assert.rejects(offer(db, { userId: 1, to: ['09120000001', tooLong] }), /Data too long/)
    assert.deepEqual(await countRows(db), before)
    assert.equal(await balanceOf(db, 1), 10)
  })

  it('decides requests in their order: what an earlier one takes is not there for a later one', async () => {
    await fund(db, 1, 5)
    const decisions = await offer(
      db,
      { userId: 1, to: 3 },
      { userId: 1, to: 3 },
      { userId: 2, to: 1 },
      { userId: 1, to: 2 },
    )
    assert.deepEqual(
      decisions.map((decision) =>
        decision.kind === 'insufficient_balance' ? [decision.cost, decision.balance] : decision.kind,
      ),
      ['accepted', [3, 2], [1, 0], 'accepted'],
    )
    assert.equal(await balanceOf(db, 1), 0)
  })

  it('charges a test message nothing, whatever the balance and max_price are, within the same limit of parts', async () => {
    await fund(db, 1, 3)
    const partsLimit = perMinute(4)
    const decisions = await offer(
      db,
      { userId: 1, to: 3, partsLimit, isTest: true, maxPrice: 0 },
      { userId: 1, to: 1, type: 'express', partsLimit },
      { userId: 1, to: 1, partsLimit, isTest: true },
    )
    assert.deepEqual(
      decisions.map((decision) => (decision.kind === 'accepted' ? decision.cost : decision.kind)),
      [0, 3, 'rate_limit'],
    )
    assert.equal(await balanceOf(db, 1), 0)
    const [empty] = await offer(db, { userId: 1, to: 2, isTest: true })
    assert.ok(empty?.kind === 'accepted')
    const prices = await look(
      db,
      sql`SELECT is_test, price, COUNT(*) AS n FROM sms_status s JOIN sms_requests r
      ON r.sms_identifier = s.sms_identifier GROUP BY is_test, price ORDER BY is_test`,
    )
    assert.deepEqual(prices, [
      { is_test: 0, price: 3, n: 1 },
      { is_test: 1, price: 0, n: 5 },
    ])
    assert.deepEqual((await audit(db)).violations, [])
  })

  it('accepts no test message of a customer without a balance, and answers it like a live one', async () => {
    const [decision] = await offer(db, { userId: 9, to: 2, isTest: true })
    assert.deepEqual(decision, { kind: 'insufficient_balance', cost: 2, balance: 0 })
  })

  it('changes nothing when every request is refused', async () => {
    await fund(db, 1, 2)
    const before = await countRows(db)
    const decisions = await offer(db, { userId: 1, to: 3 }, { userId: 9, to: 1 })
    assert.ok(decisions.every(({ kind }) => kind === 'insufficient_balance'))
    assert.deepEqual(await countRows(db), before)
  })

  it('names a request of 10,000 recipients by outbox rows of 100, each recipient once', async () => {
    await fund(db, 1, 10_000)
    await sendOne(db, { userId: 1, to: 10_000 })
    const rows = await look(db, sql<{ payload: string }>`SELECT payload FROM outbox_events ORDER BY id`)
    const ranges = rows.flatMap(({ payload }) => decodeRanges(payload) ?? [])
    assert.deepEqual(
      ranges.map(({ first, last }) => [first, last]),
      Array.from({ length: 100 }, (_, index) => [index * 100 + 1, index * 100 + 100]),
    )
  })

  it('keeps the trace context of each request with its outbox rows', async () => {
    await fund(db, 1, 10)
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await sendOne(db, { userId: 1, to: 1, traceparent })
    const [row] = await look(db, sql<{ payload: string }>`SELECT payload FROM outbox_events`)
    assert.equal(decodeRanges(row?.payload ?? '')?.[0]?.traceparent, traceparent)
  })

  it('spends to the last unit and not beyond, however many ask at once for however much', async () => {
    const customers = [1, 2, 3]
    for (const customer of customers) await fund(db, customer, 100)
    const asks = Array.from({ length: 150 }, (_, index) => ({
      userId: customers[index % 3] ?? 1,
      to: (index % 7) + 1,
    }))
    const decisions = (await Promise.all(asks.map((ask) => offer(db, ask)))).flat()
    for (const customer of customers) {
      const accepted = decisions.filter(
        (decision, index) => asks[index]?.userId === customer && decision.kind === 'accepted',
      )
      const spent = accepted.reduce(
        (sum, decision) => sum + (decision.kind === 'accepted' ? decision.cost : 0),
        0,
      )
      assert.equal(await balanceOf(db, customer), 100 - spent)
      // A refused request cost at most 7, so less than that is left.
      assert.ok(100 - spent < 7)
    }
    assert.deepEqual((await audit(db)).violations, [])
  })

  it('lets batches over the same customers in any order pass each other without a deadlock', async () => {
    const customers = Array.from({ length: 20 }, (_, index) => index + 1)
    for (const customer of customers) await fund(db, customer, 1_000)
    // A deadlock would be survived: it shows as a transaction that was run again.
    let retried = 0
    const settings = {
      url: stack.databaseUrl,
      maxOpenConns: 20,
      maxIdleConns: 10,
      connMaxLifetimeSeconds: 300,
      // A long wait for a lock is run again as well, and a busy machine makes waits long.
      sessionStatements: ['SET SESSION innodb_lock_wait_timeout = 50'],
    }
    const watched = openDb(settings, (_operation, _durationMs, outcome) => {
      if (outcome === 'retried') retried++
    })
    const batch = (order: number[]) => offer(watched, ...order.map((userId) => ({ userId, to: 1 })))
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => batch(index % 2 ? customers : [...customers].reverse())),
    )
    await closeDb(watched)
    assert.equal(retried, 0)
    for (const customer of customers) assert.equal(await balanceOf(db, customer), 970)
  })

  it('waits for a customer whose balance is locked elsewhere, and counts what that one left', async () => {
    await fund(db, 1, 5)
    let waiting: Promise<unknown> = Promise.resolve()
    await transact(db, 'test.lock', async (tx) => {
      await sql`SELECT * FROM user_balances WHERE user_id = 1 FOR UPDATE`.execute(tx)
      waiting = offer(db, { userId: 1, to: 5 })
      await sql`UPDATE user_balances SET balance = 4 WHERE user_id = 1`.execute(tx)
    })
    assert.deepEqual(await waiting, [{ kind: 'insufficient_balance', cost: 5, balance: 4 }])
  })

  it('does not accept the same identifier twice', async () => {
    await fund(db, 1, 10)
    const smsIdentifier = newIdOf(db)()
    const request = {
      userId: 1,
      text: 'hi',
      type: 'normal' as const,
      recipients: recipients(1),
      smsIdentifier,
    }
    await accept(db, [request], acceptContextOf(db))
    await assert.rejects(accept(db, [request], acceptContextOf(db)), /Duplicate entry/)
    assert.equal(await balanceOf(db, 1), 9)
  })

  it('locks balances by primary key and in its order, without sorting', async () => {
    for (let customer = 1; customer <= 50; customer++) await fund(db, customer, 1)
    await look(db, sql`ANALYZE TABLE user_balances`)
    const [plan] = await explain(
      db,
      sql`SELECT user_id, balance, last_seq FROM user_balances
        WHERE user_id IN (3, 7, 9) ORDER BY user_id FOR UPDATE`,
    )
    assert.deepEqual([plan?.key, plan?.type], ['PRIMARY', 'range'])
    assert.doesNotMatch(plan?.Extra ?? '', /filesort|temporary/i)
  })
})
