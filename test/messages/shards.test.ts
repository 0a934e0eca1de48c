import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { openShards } from '../../src/messages/index.ts'
import type { Accept, Decision } from '../../src/messages/index.ts'
import type { ShardsSettings } from '../../src/messages/shards.ts'
import { closeDb, openDb, transact } from '../../src/platform/db/index.ts'
import type { Db, Tx } from '../../src/platform/db/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { recipients } from '../support/api.ts'
import { acceptContextOf, balanceOf, countRows, fund, look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { HOLD_TIMEOUT_MS, mayStayIdle, setLockWait } from '../support/lockWaits.ts'
import { loseCommit } from '../support/loseCommit.ts'
import type { LostCommit } from '../support/loseCommit.ts'
import { manualTimers } from '../support/manualTimers.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'

/** The customer whose balance the tests hold locked, so that a transaction stays in flight for as long as they like. */
const HELD = 90

describe('accepting by load', () => {
  let stack: Stack
  let db: Db
  let proxy: TcpProxy
  let batches: number[]
  /** How often balances were asked for under lock. */
  let asked: number
  beforeEach(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
    const sizes = { maxOpenConns: 6, maxIdleConns: 5, connMaxLifetimeSeconds: 300 }
    db = openDb({ url: proxy.url, ...sizes })
    batches = []
    asked = 0
    setLockWait(db)
    proxy.onBytes((bytes, direction) => {
      if (direction === 'toServer' && bytes.includes('ORDER BY user_id FOR UPDATE')) asked++
    })
    await fund(stack.db, HELD, 10)
  })
  afterEach(async () => {
    proxy.cut()
    await closeDb(db)
    await proxy.close()
    await stack.drop()
  })

  /** Nothing waits for too long, unless a test says so. */
  const timeStandsStill = () => ({ nowMs: () => 0, after: manualTimers().after })
  const open = (shards = 1, clock: ShardsSettings['clock'] = timeStandsStill()): Accept =>
    openShards({
      ...{ db, clock },
      ...acceptContextOf(stack.db),
      shards,
      batchSizeMax: 2_000,
      events: { batchDecided: ({ requests }) => void batches.push(requests) },
    })
  const request = (userId: number, to: number | string[], type: MessageClass = 'normal') => ({
    userId,
    text: 'hi',
    type,
    recipients: typeof to === 'number' ? recipients(to) : to,
  })
  const holding = <T>(operation: string, work: (tx: Tx) => Promise<T>) =>
    transact(stack.db, operation, (tx) => mayStayIdle(tx).then(() => work(tx)), {
      timeoutMs: HOLD_TIMEOUT_MS,
    })
  /** Keeps the shard's first transaction waiting while `meanwhile` puts requests behind it. */
  async function behindOne<T>(
    accept: Accept,
    meanwhile: () => Promise<T>[],
    afterFirst: () => void = () => {},
  ): Promise<PromiseSettledResult<T>[]> {
    const { first, others } = await holding('test.hold', async (tx) => {
      await hold(tx)
      const first = accept(request(HELD, 1))
      await eventually('the shard waits for the balance', () => asked === 1)
      return { first, others: Promise.allSettled(meanwhile()) }
    })
    assert.equal((await first).kind, 'accepted')
    afterFirst()
    return others
  }
  const hold = (tx: Tx, userId = HELD) =>
    sql`SELECT 1 FROM user_balances WHERE user_id = ${userId} FOR UPDATE`.execute(tx)
  const isLocked = (userId: number) =>
    look(stack.db, sql`SELECT 1 FROM user_balances WHERE user_id = ${userId} FOR UPDATE NOWAIT`).then(
      () => false,
      () => true,
    )
  const kindOf = (end: PromiseSettledResult<Decision>) =>
    end.status === 'fulfilled' ? end.value.kind : String((end.reason as Error).message)

  it('decides what arrived during a transaction in the next one, each by itself and in order of arrival', async () => {
    await fund(stack.db, 1, 5)
    await fund(stack.db, 2, 1)
    const accept = open()
    const ends = await behindOne(accept, () => [
      accept(request(1, 3)),
      accept(request(1, 3)),
      accept(request(2, 1)),
      accept(request(3, 1)),
      accept(request(1, 2)),
    ])
    assert.deepEqual(ends.map(kindOf), [
      'accepted',
      'insufficient_balance',
      'accepted',
      'insufficient_balance',
      'accepted',
    ])
    assert.deepEqual(batches, [1, 5])
    assert.equal(await balanceOf(stack.db, 1), 0)
    assert.deepEqual((await audit(stack.db)).violations, [])
  })

  it('gives a customer’s messages identifiers and ledger numbers in the order of arrival', async () => {
    await fund(stack.db, 1, 100)
    const accept = open(3)
    const decisions = await Promise.all(
      Array.from({ length: 40 }, (_, index) => accept(request(1, (index % 2) + 1))),
    )
    const ids = decisions.map((decision) => (decision.kind === 'accepted' ? decision.smsIdentifier : ''))
    const charged = await look(
      stack.db,
      sql<{ id: string }>`SELECT LOWER(HEX(transaction_id)) AS id FROM user_transactions
        WHERE user_id = 1 AND transaction_type = 'charge' ORDER BY seq`,
    )
    assert.deepEqual(
      charged.map(({ id }) => id),
      ids.map((id) => id.replaceAll('-', '')),
    )
    assert.deepEqual(ids, [...ids].sort())
  })

  it('fails a request that the database refuses alone, and decides again what it had left without money', async () => {
    await fund(stack.db, 1, 5)
    await fund(stack.db, 2, 5)
    const accept = open()
    const tooLong = '0'.repeat(17)
    const ends = await behindOne(accept, () => [
      accept(request(2, 1)),
      accept(request(1, ['09120000001', '09120000002', '09120000003', tooLong])),
      accept(request(1, 4)),
      accept(request(2, 2)),
    ])
    const [before, poisoned, after, last] = ends.map(kindOf)
    assert.deepEqual([before, after, last], ['accepted', 'accepted', 'accepted'])
    assert.match(poisoned ?? '', /Data too long/)
    assert.deepEqual([await balanceOf(stack.db, 1), await balanceOf(stack.db, 2)], [1, 2])
    assert.deepEqual((await audit(stack.db)).violations, [])
  })

  it('refuses what would make too much wait, and leaves it uncharged', async () => {
    for (const userId of [1, 2, 3]) await fund(stack.db, userId, 100_000)
    const accept = open()
    const ends = await behindOne(accept, () =>
      Array.from({ length: 24 }, (_, index) => accept(request((index % 3) + 1, 500))),
    )
    const kinds = Map.groupBy(ends.map(kindOf), (kind) => kind)
    assert.equal(kinds.get('accepted')?.length, 20)
    assert.equal(
      kinds.get('Overloaded: too many messages wait to be accepted. Nothing was charged.')?.length,
      4,
    )
    const balances = await Promise.all([1, 2, 3].map((userId) => balanceOf(stack.db, userId)))
    assert.equal(
      balances.reduce<number>((sum, balance) => sum + (balance ?? 0), 0),
      290_000,
    )
  })

  it('accepts express requests at once while a flood of normal ones fills their queue', async () => {
    for (const userId of [1, 2, 3]) await fund(stack.db, userId, 100_000)
    const accept = open()
    let express: Decision | undefined
    const ends = await holding('test.hold', async (tx) => {
      await hold(tx)
      const first = accept(request(HELD, 1))
      await eventually('the normal shard waits for the balance', () => asked === 1)
      const flood = Array.from({ length: 24 }, (_, index) => accept(request((index % 3) + 1, 500)))
      const all = Promise.allSettled([first, ...flood])
      express = await accept(request(1, 1, 'express'))
      return { all }
    })
    assert.equal(express?.kind, 'accepted')
    const kinds = (await ends.all).map(kindOf)
    assert.equal(kinds.filter((kind) => kind.startsWith('Overloaded')).length, 4)
  })

  it('decides express requests together whose customers a normal batch has locked, as soon as that has ended', async () => {
    const locked = [1, 2, 3]
    for (const userId of [1, 2, 4, HELD + 1]) await fund(stack.db, userId, 10)
    // Enough for a normal message and one express one.
    await fund(stack.db, 3, 4)
    const accept = open()
    const ends = await holding('test.hold', async (tx) => {
      await hold(tx, HELD + 1)
      const normal = await holding('test.hold_first', async (first) => {
        await hold(first)
        const alone = accept(request(HELD, 1))
        await eventually('the shard waits for the balance', () => asked === 1)
        return [alone, ...[...locked, HELD + 1].map((userId) => accept(request(userId, 1)))]
      })
      await eventually('the next batch has locked its customers', () => isLocked(3))
      const express = locked.map((userId) => accept(request(userId, 1, 'express')))
      assert.equal((await accept(request(4, 1, 'express'))).kind, 'accepted')
      const last = accept(request(3, 1, 'express'))
      return { all: Promise.allSettled([...normal, ...express, last]) }
    })
    const kinds = (await ends.all).map(kindOf)
    assert.equal(kinds.pop(), 'insufficient_balance', 'a customer’s requests are decided in order')
    assert.deepEqual(kinds, Array(8).fill('accepted'))
    assert.deepEqual(batches, [1, 1, 4, 1, 3])
  })

  /** Express requests while a normal batch has locked customer 1, and fails if `recipient` is refused by the database. */
  async function besideNormalBatch<T>(
    accept: Accept,
    recipient: string | undefined,
    meanwhile: () => Promise<Promise<T>[]>,
  ): Promise<PromiseSettledResult<Decision | T>[]> {
    for (const userId of [1, 4, HELD + 1]) await fund(stack.db, userId, 10)
    const ends = await holding('test.hold', async (tx) => {
      await hold(tx, HELD + 1)
      const normal = await holding('test.hold_first', async (first) => {
        await hold(first)
        const alone = accept(request(HELD, 1))
        await eventually('the shard waits for the balance', () => asked === 1)
        return [alone, accept(request(1, recipient ? [recipient] : 1)), accept(request(HELD + 1, 1))]
      })
      await eventually('the next batch has locked its customers', () => isLocked(1))
      return { all: Promise.allSettled([...normal, ...(await meanwhile())]) }
    })
    return ends.all
  }
  /** Decided alone and at once: what was offered before it has been found locked. */
  const acceptFree = async (accept: Accept) =>
    assert.equal((await accept(request(4, 1, 'express'))).kind, 'accepted')

  it('decides express requests all the same when the normal batch before them fails', async () => {
    const accept = open()
    const ends = await besideNormalBatch(accept, '0'.repeat(17), async () => {
      const express = accept(request(1, 1, 'express'))
      await acceptFree(accept)
      return [express]
    })
    const [first, failed, ...others] = ends.map(kindOf)
    assert.match(failed ?? '', /Data too long/)
    assert.deepEqual([first, ...others], ['accepted', 'accepted', 'accepted'])
    assert.equal(await balanceOf(stack.db, 1), 7)
  })

  it('decides an express request after earlier ones of its customer, though its account is free by then', async () => {
    await fund(stack.db, 5, 3)
    const accept = open()
    const ends = await besideNormalBatch(accept, undefined, async () => {
      const behind = accept(request(1, 1, 'express'))
      await acceptFree(accept)
      const { early } = await holding('test.hold_other', async (tx) => {
        await hold(tx, 5)
        const early = accept(request(5, 1, 'express'))
        await acceptFree(accept)
        return { early }
      })
      const late = accept(request(5, 1, 'express'))
      await acceptFree(accept)
      return [behind, early, late]
    })
    assert.deepEqual(ends.map(kindOf).slice(3), ['accepted', 'accepted', 'insufficient_balance'])
  })

  it('decides at most 250 requests in one transaction', async () => {
    await fund(stack.db, 1, 300)
    const accept = open()
    const ends = await behindOne(accept, () => Array.from({ length: 251 }, () => accept(request(1, 1))))
    assert.ok(ends.every((end) => kindOf(end) === 'accepted'))
    assert.deepEqual(batches, [1, 250, 1])
  })

  it('gives one customer half of what may wait, so that others find room', async () => {
    await fund(stack.db, 1, 100_000)
    await fund(stack.db, 2, 100)
    const accept = open()
    const ends = await behindOne(accept, () => [
      ...Array.from({ length: 25 }, () => accept(request(1, 500))),
      accept(request(2, 100)),
    ])
    const kinds = ends.map(kindOf)
    assert.equal(kinds.pop(), 'accepted')
    assert.deepEqual(kinds.slice(0, 10), Array(10).fill('accepted'))
    const tooMany = 'Overloaded: too many messages of this customer wait to be accepted. Nothing was charged.'
    assert.deepEqual(kinds.slice(10), Array(15).fill(tooMany))
    assert.equal(await balanceOf(stack.db, 1), 95_000)
  })

  it('bounds the requests that wait, of a customer and of all, however few their recipients are', async () => {
    const accept = open()
    const gone = (userId: number) => accept(request(userId, 1), () => true)
    const ends = await behindOne(accept, () => [
      ...Array.from({ length: 2_501 }, () => gone(1)),
      ...Array.from({ length: 2_501 }, () => gone(2)),
      gone(3),
    ])
    const kinds = ends.map(kindOf)
    assert.match(kinds[2_499] ?? '', /client disconnected/)
    assert.match(kinds[2_500] ?? '', /messages of this customer wait/)
    assert.match(kinds[5_000] ?? '', /client disconnected/)
    assert.match(kinds[5_001] ?? '', /too many messages wait/)
    assert.match(kinds[5_002] ?? '', /too many messages wait/)
  })

  it('lets go, uncharged, of a request that has waited 2 s', async () => {
    await fund(stack.db, 1, 10)
    let nowMs = 0
    const timers = manualTimers()
    const accept = open(1, { nowMs: () => nowMs, after: timers.after })
    const ends = await behindOne(accept, () => {
      const late = accept(request(1, 3))
      nowMs = 1
      const ends = [late, accept(request(1, 2))]
      assert.deepEqual(timers.waits(), [2_000])
      nowMs = 2_000
      timers.fire()
      return ends
    })
    assert.deepEqual(ends.map(kindOf), [
      'Overloaded: timed out before acceptance. Nothing was charged.',
      'accepted',
    ])
    assert.equal(await balanceOf(stack.db, 1), 8)
  })

  it('passes over a request whose client has gone, and charges nothing for it', async () => {
    await fund(stack.db, 1, 10)
    const accept = open()
    let isGone = false
    const ends = await behindOne(accept, () => {
      const ends = [accept(request(1, 3), () => isGone), accept(request(1, 2))]
      isGone = true
      return ends
    })
    assert.match(kindOf(ends[0]!), /client disconnected/)
    assert.equal(kindOf(ends[1]!), 'accepted')
    assert.equal(await balanceOf(stack.db, 1), 8)
  })

  it('lets small requests go past a large one, which is a transaction of its own', async () => {
    await fund(stack.db, 1, 10_000)
    const accept = open()
    const ends = await behindOne(accept, () => [
      accept(request(1, 501)),
      accept(request(1, 501)),
      accept(request(1, 1)),
      accept(request(1, 2)),
    ])
    assert.deepEqual(ends.map(kindOf), Array(4).fill('accepted'))
    assert.deepEqual([...batches].sort(), [1, 1, 1, 2])
  })

  it('decides the others while one customer’s balance stays locked, and returns account_locked for that one', async () => {
    await fund(stack.db, 1, 10)
    const accept = open()
    setLockWait(db, 1)
    const { held } = await holding('test.hold', async (tx) => {
      await hold(tx)
      const others = [accept(request(1, 2)), accept(request(7, 1))]
      const decisions = await Promise.all([accept(request(HELD, 1)), accept(request(1, 1)), ...others])
      assert.deepEqual(
        decisions.map(({ kind }) => kind),
        ['account_locked', 'accepted', 'accepted', 'insufficient_balance'],
      )
      // The customer waits in the queue of locked accounts now, and delays no other.
      setLockWait(db)
      asked = 0
      const held = accept(request(HELD, 1))
      await eventually('its queue waits for the balance', () => asked === 1)
      const first = await Promise.race([held, accept(request(1, 1))])
      assert.equal(first.kind, 'accepted')
      assert.equal(await balanceOf(stack.db, HELD), 10)
      return { held }
    })
    assert.equal((await held).kind, 'accepted')
    assert.equal(await balanceOf(stack.db, HELD), 9)
    assert.equal(await balanceOf(stack.db, 1), 6)
    assert.equal((await accept(request(HELD, 1))).kind, 'accepted')
    assert.deepEqual((await audit(stack.db)).violations, [])
  })

  for (const part of ['request', 'answer'] as const) {
    it(`charges each of a batch once when the ${part} of its COMMIT is lost`, async () => {
      await fund(stack.db, 1, 5)
      await fund(stack.db, 2, 5)
      const accept = open()
      let lost: LostCommit | undefined
      const ends = await behindOne(
        accept,
        () => [accept(request(1, 3)), accept(request(2, 5)), accept(request(1, 3)), accept(request(1, 2))],
        () => (lost = loseCommit(proxy, part)),
      )
      assert.deepEqual(ends.map(kindOf), ['accepted', 'accepted', 'insufficient_balance', 'accepted'])
      assert.equal(lost?.count(), 1)
      assert.deepEqual([await balanceOf(stack.db, 1), await balanceOf(stack.db, 2)], [0, 0])
      assert.equal((await countRows(stack.db))['sms_requests'], 4)
      assert.deepEqual((await audit(stack.db)).violations, [])
    })
  }
})
