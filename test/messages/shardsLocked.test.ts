import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { openShards } from '../../src/messages/index.ts'
import type { Accept, Decision } from '../../src/messages/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { recipients } from '../support/api.ts'
import { acceptContextOf, balanceOf, fund, look } from '../support/arrange.ts'
import { eventually } from '../support/eventually.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { setLockWait } from '../support/lockWaits.ts'
import { manualTimers } from '../support/manualTimers.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'

/** Customers whose balances the tests hold locked. */
const [X, Y] = [90, 91]
/** A customer whose balance is not locked. */
const FREE = 1
const BALANCE = 10_000
/** Of whom an account is to be found locked. */
const BRIEF_SECONDS = 1

type How = 'waits' | 'skips'

describe('a customer whose balance another session keeps locked', () => {
  let stack: Stack
  let proxy: TcpProxy
  let db: Db
  let accept: Accept
  /** The statements that asked for balances under lock, in order. */
  let asked: How[]
  let ask: (how: How) => void
  beforeEach(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
    proxy.onBytes((bytes, direction) => {
      if (direction === 'toServer' && bytes.includes('ORDER BY user_id FOR UPDATE'))
        ask(bytes.includes('SKIP LOCKED') ? 'skips' : 'waits')
    })
    ask = (how) => void asked.push(how)
    asked = []
    for (const userId of [X, Y, FREE]) await fund(stack.db, userId, BALANCE)
  })
  afterEach(async () => {
    proxy.cut()
    await closeDb(db)
    await proxy.close()
    await stack.drop()
  })

  /** With four connections one locked customer is decided at a time, with eight two. A wait for an account does not end by itself. */
  function open(maxOpenConns: number): void {
    const sizes = { maxOpenConns, maxIdleConns: 3, connMaxLifetimeSeconds: 300 }
    db = openDb({ url: proxy.url, ...sizes })
    setLockWait(db)
    accept = openShards({
      db,
      ...acceptContextOf(stack.db),
      shards: 1,
      batchSizeMax: 2_000,
      events: { batchDecided: () => {} },
      clock: { nowMs: () => 0, after: manualTimers().after },
    })
  }
  const send = (userId: number, to = 1) =>
    accept({ userId, text: 'hi', type: 'normal', recipients: recipients(to) })
  /** A shared transaction finds an account locked soon, and whoever is asked for alone after it waits without end. */
  function onlyTogetherBriefly(): void {
    setLockWait(db, BRIEF_SECONDS)
    ask = (how) => {
      asked.push(how)
      if (how === 'skips') setLockWait(db)
    }
  }
  const kinds = (decisions: Decision[]) => decisions.map(({ kind }) => kind)
  const hold = (userId: number) => holdBalance(stack.db, userId)
  /** Puts requests into one transaction of the lane: behind one that is being decided. */
  function together(...sends: (() => Promise<Decision>)[]): Promise<Decision>[] {
    void send(FREE)
    return sends.map((each) => each())
  }

  it('does not delay the large requests of others', async () => {
    open(8)
    const letGo = await hold(X)
    const locked = Array.from({ length: 5 }, () => send(X, 501))
    const first = await Promise.race([...locked, send(FREE, 501)])
    assert.equal(first.kind, 'accepted')
    // Even the first request did not wait for the balance in the shard of large requests.
    assert.equal(asked[0], 'skips')
    await letGo()
    assert.deepEqual(kinds(await Promise.all(locked)), Array(5).fill('accepted'))
    assert.deepEqual((await audit(stack.db)).violations, [])
  })

  it('does not delay others whose balances were locked as well and no longer are', async () => {
    open(8)
    const [letGoX, letGoY] = [await hold(X), await hold(Y)]
    setLockWait(db, BRIEF_SECONDS)
    assert.deepEqual(
      kinds(
        await Promise.all(
          together(
            () => send(X),
            () => send(Y),
          ),
        ),
      ),
      ['account_locked', 'account_locked'],
    )
    await letGoY()
    setLockWait(db)
    asked = []
    const locked = send(X)
    await eventually('the transaction waits for the balance', () => asked.length === 1)
    assert.equal((await Promise.race([locked, send(Y)])).kind, 'accepted')
    await letGoX()
    assert.equal((await locked).kind, 'accepted')
  })

  it('does not delay a customer whose balance was locked for a moment only', async () => {
    open(8)
    const [letGoX, letGoY] = [await hold(X), await hold(Y)]
    onlyTogetherBriefly()
    const ends = together(
      () => send(X),
      () => send(Y),
      () => send(FREE),
    )
    const [locked, momentarily, free] = ends
    assert.equal((await free)?.kind, 'accepted')
    await eventually('each of the two is asked for alone', () => asked.length === 5)
    assert.deepEqual(asked, ['waits', 'waits', 'skips', 'waits', 'waits'])
    await letGoY()
    assert.equal((await momentarily)?.kind, 'accepted')
    assert.deepEqual([await balanceOf(stack.db, X), await balanceOf(stack.db, Y)], [BALANCE, BALANCE - 1])
    await letGoX()
    assert.equal((await locked)?.kind, 'accepted')
  })

  it('has its requests decided in the order of arrival, also later ones', async () => {
    open(4)
    const [letGoX, letGoY] = [await hold(X), await hold(Y)]
    onlyTogetherBriefly()
    const ends = together(
      () => send(X),
      () => send(Y, 1),
    )
    await eventually('both are decided apart, and one is asked for alone', () => asked.length === 4)
    await letGoY()
    // The balance is free again, and the customer's first request still waits for its turn.
    ends.push(send(Y, 2), send(Y, 3))
    await letGoX()
    await Promise.all(ends)
    const charges = await look(
      stack.db,
      sql<{ amount: number }>`SELECT amount FROM user_transactions
        WHERE user_id = ${Y} AND transaction_type = 'charge' ORDER BY seq`,
    )
    assert.deepEqual(
      charges.map(({ amount }) => amount),
      [-1, -2, -3],
    )
  })

  it('is told that its account is locked, and not of an overload, when too much of it waits', async () => {
    open(8)
    const letGo = await hold(X)
    setLockWait(db, BRIEF_SECONDS)
    const [first] = together(() => send(X))
    assert.equal((await first)?.kind, 'account_locked')
    // One is asked for alone, and half of what may wait is one customer's.
    const ends = Array.from({ length: 4 }, () => send(X, 10_000))
    await assert.rejects(Promise.all(ends), { code: 'account_locked' })
    await letGo()
    const kinds = (await Promise.allSettled(ends)).map(({ status }) => status)
    assert.equal(kinds.filter((status) => status === 'rejected').length, 1)
  })

  it('is decided with the others again as soon as a decision has come', async () => {
    open(8)
    const letGo = await hold(X)
    setLockWait(db, BRIEF_SECONDS)
    const [locked] = together(() => send(X))
    assert.equal((await locked)?.kind, 'account_locked')
    await letGo()
    assert.equal((await send(X)).kind, 'accepted')
    asked = []
    const both = together(
      () => send(X),
      () => send(Y),
    )
    assert.deepEqual(kinds(await Promise.all(both)), ['accepted', 'accepted'])
    assert.deepEqual(asked, ['waits', 'waits'])
  })
})
