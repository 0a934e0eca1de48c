import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { topUp } from '../../src/ledger/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { identifierToBytes } from '../../src/primitives/identifier.ts'
import { TOPPED_UP_MAX } from '../../src/primitives/money.ts'
import { Unavailable } from '../../src/primitives/unavailable.ts'
import { balanceOf, countRows, fund, look, newIdOf } from '../support/arrange.ts'
import { beforeLookUp, loseCommit } from '../support/loseCommit.ts'
import { WAITS_WITHOUT_END } from '../support/lockWaits.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'

const SIZES = { maxOpenConns: 20, maxIdleConns: 10, connMaxLifetimeSeconds: 300 }

describe('a top-up', () => {
  let stack: Stack
  let db: Db
  let retried: string[]

  before(async () => {
    stack = await freshStack()
    // A wait for a lock that ends in vain is retried, and a busy machine makes waits long.
    const settings = { url: stack.databaseUrl, ...SIZES, sessionStatements: WAITS_WITHOUT_END }
    db = openDb(settings, (operation, _durationMs, outcome) => {
      if (outcome === 'retried') retried.push(operation)
    })
  })
  beforeEach(async () => {
    await emptyTables(stack.db)
    retried = []
  })
  after(async () => {
    await closeDb(db)
    await stack.drop()
  })

  const add = (userId: number, amount: number, transactionId = newIdOf(db)(), to = db) =>
    topUp(to, { userId, amount, description: 'top-up' }, transactionId)

  const ledgerOf = (userId: number) =>
    look(
      stack.db,
      sql<{ seq: number; amount: number; balance_after: number }>`
        SELECT seq, amount, balance_after FROM user_transactions WHERE user_id = ${userId} ORDER BY seq`,
    )

  it('brings an unknown customer into being, with a ledger that explains the balance', async () => {
    const transactionId = newIdOf(db)()
    assert.deepEqual(await add(1, 70, transactionId), { kind: 'added', balance: 70, transactionId })
    assert.equal(await balanceOf(stack.db, 1), 70)
    const rows = await look(
      stack.db,
      sql`SELECT transaction_id, recipient_no, user_id, seq, amount, balance_after, transaction_type, description
        FROM user_transactions`,
    )
    assert.deepEqual(rows, [
      {
        transaction_id: identifierToBytes(transactionId),
        recipient_no: 0,
        user_id: 1,
        seq: 1,
        amount: 70,
        balance_after: 70,
        transaction_type: 'topup',
        description: 'top-up',
      },
    ])
  })

  it('adds to what a known customer has, under the next number of its chain', async () => {
    await add(1, 70)
    await add(2, 1)
    const decision = await add(1, 30)
    assert.equal(decision.kind === 'added' && decision.balance, 100)
    assert.deepEqual(await ledgerOf(1), [
      { seq: 1, amount: 70, balance_after: 70 },
      { seq: 2, amount: 30, balance_after: 100 },
    ])
  })

  it('loses nothing when many come at once for a customer who does not exist yet, and none is in the way of another', async () => {
    const amounts = Array.from({ length: 40 }, (_, index) => index + 1)
    const decisions = await Promise.all(amounts.map((amount) => add(1, amount)))
    const sum = amounts.reduce((total, amount) => total + amount)
    assert.ok(decisions.every(({ kind }) => kind === 'added'))
    assert.equal(await balanceOf(stack.db, 1), sum)
    const balances = decisions.map((decision) => (decision.kind === 'added' ? decision.balance : 0))
    assert.equal(Math.max(...balances), sum)
    assert.equal(new Set(balances).size, 40)
    assert.deepEqual(
      (await ledgerOf(1)).map(({ seq }) => seq),
      amounts,
    )
    assert.deepEqual(retried, [])
    assert.deepEqual((await audit(stack.db)).violations, [])
  })

  it('fills a balance up to its limit, and not beyond; what is refused changes nothing', async () => {
    await add(1, TOPPED_UP_MAX - 10)
    const before = await countRows(stack.db)
    assert.deepEqual(await add(1, 11), { kind: 'balance_limit' })
    assert.deepEqual([await balanceOf(stack.db, 1), await countRows(stack.db)], [TOPPED_UP_MAX - 10, before])
    const decision = await add(1, 10)
    assert.equal(decision.kind === 'added' && decision.balance, TOPPED_UP_MAX)
    assert.deepEqual(await ledgerOf(1), [
      { seq: 1, amount: TOPPED_UP_MAX - 10, balance_after: TOPPED_UP_MAX - 10 },
      { seq: 2, amount: 10, balance_after: TOPPED_UP_MAX },
    ])
  })

  it('is not booked twice under one identifier', async () => {
    const transactionId = newIdOf(db)()
    await add(1, 10, transactionId)
    await assert.rejects(add(1, 10, transactionId), { errno: 1062 })
    assert.equal(await balanceOf(stack.db, 1), 10)
  })

  describe('whose COMMIT is not answered', () => {
    let proxy: TcpProxy
    let proxied: Db
    before(async () => (proxy = await openTcpProxy(stack.databaseUrl)))
    beforeEach(() => (proxied = openDb({ url: proxy.url, ...SIZES })))
    afterEach(async () => {
      proxy.cut()
      await closeDb(proxied)
    })
    after(() => proxy.close())

    for (const part of ['request', 'answer'] as const) {
      for (const isKnown of [true, false]) {
        it(`is booked once for ${isKnown ? 'a known' : 'an unknown'} customer (the ${part} was lost)`, async () => {
          if (isKnown) await fund(stack.db, 1, 5)
          const lost = loseCommit(proxy, part)
          const transactionId = newIdOf(db)()
          const balance = isKnown ? 75 : 70
          assert.deepEqual(await add(1, 70, transactionId, proxied), {
            kind: 'added',
            balance,
            transactionId,
          })
          assert.equal(lost.count(), 1)
          assert.equal(await balanceOf(stack.db, 1), balance)
          assert.deepEqual((await audit(stack.db)).violations, [])
        })
      }
    }

    it('answers with the balance as it was after it, whatever came since', async () => {
      loseCommit(proxy, 'answer')
      beforeLookUp(proxy, () => add(1, 5))
      const transactionId = newIdOf(db)()
      assert.deepEqual(await add(1, 70, transactionId, proxied), {
        kind: 'added',
        balance: 70,
        transactionId,
      })
      assert.equal(await balanceOf(stack.db, 1), 75)
    })

    it('says so, with the identifier to ask for, when it cannot find out', async () => {
      loseCommit(proxy, 'answer')
      beforeLookUp(proxy, () => look(stack.db, sql`RENAME TABLE user_transactions TO hidden_transactions`))
      const transactionId = newIdOf(db)()
      const decision = await add(1, 70, transactionId, proxied).finally(() =>
        look(stack.db, sql`RENAME TABLE hidden_transactions TO user_transactions`),
      )
      assert.deepEqual(decision, { kind: 'outcome_unknown', transactionId })
      assert.equal(await balanceOf(stack.db, 1), 70)
    })

    it('says that nothing was changed when the database went away before the COMMIT', async () => {
      await fund(stack.db, 1, 5)
      const forget = proxy.onBytes((bytes, direction, link) => {
        if (direction === 'toServer' && bytes.includes('INSERT INTO user_transactions')) link.cut()
      })
      await assert.rejects(add(1, 70, newIdOf(db)(), proxied), Unavailable)
      forget()
      assert.equal(await balanceOf(stack.db, 1), 5)
    })
  })
})
