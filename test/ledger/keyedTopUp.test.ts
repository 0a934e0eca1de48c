import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { audit } from '../../src/audit/index.ts'
import { fingerprint } from '../../src/idempotency/index.ts'
import { topUp } from '../../src/ledger/index.ts'
import type { TopUpDecision, TopUpRequest } from '../../src/ledger/index.ts'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { TOPPED_UP_MAX } from '../../src/primitives/money.ts'
import { openTcpProxy } from '../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../dev/tcpProxy.ts'
import { balanceOf, fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { beforeLookUp, loseCommit } from '../support/loseCommit.ts'
import { emptyTables, freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

const USER = 1
const SIZES = { maxOpenConns: 5, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }

describe('a top-up under an idempotency key', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = stack.db
  })
  beforeEach(() => emptyTables(db))
  after(() => stack.drop())

  const keyed = (key: string, { userId = USER, amount = 10, route = 'balance/add' } = {}): TopUpRequest => {
    const print = fingerprint({ userId, amount })
    assert.ok(print)
    return {
      ...{ userId, amount, description: 'top-up' },
      keyed: {
        request: { userId, route, isTest: false, key, fingerprint: print },
        answerOf: ({ balance, transactionId }) => ({
          status: 200,
          body: Buffer.from(`{"balance":${balance},"transaction_id":"${transactionId}"}`),
        }),
      },
    }
  }
  const add = (request: TopUpRequest, to = db) => topUp(to, request, newIdOf(db)())
  const kinds = (decisions: TopUpDecision[]) => decisions.map(({ kind }) => kind)

  it('is added once, and a repeat gets the first answer byte for byte', async () => {
    const first = await add(keyed('k1'))
    await fund(db, USER, 5)
    const second = await add(keyed('k1'))
    assert.ok(first.kind === 'added' && second.kind === 'replayed')
    assert.equal(second.answer.body.toString(), `{"balance":10,"transaction_id":"${first.transactionId}"}`)
    assert.deepEqual([second.answer.status, second.answer.identifier], [200, first.transactionId])
    assert.equal(await balanceOf(db, USER), 15)
    assert.deepEqual((await audit(db)).violations, [])
  })

  it('is added once when twenty come at once for a customer that is unknown', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => add(keyed('k1'))))
    assert.equal(kinds(all).filter((kind) => kind === 'added').length, 1)
    assert.equal(kinds(all).filter((kind) => kind === 'replayed').length, 19)
    assert.equal(await balanceOf(db, USER), 10)
  })

  it('is refused when another request used the key', async () => {
    await add(keyed('k1'))
    assert.equal((await add(keyed('k1', { amount: 11 }))).kind, 'key_reused')
    assert.equal(await balanceOf(db, USER), 10)
  })

  it('has a key of its own for each customer, route and case of its letters', async () => {
    const all = [keyed('k1'), keyed('K1'), keyed('k1', { userId: 2 }), keyed('k1', { route: 'admin/top-up' })]
    assert.deepEqual(kinds(await Promise.all(all.map((each) => add(each)))), Array(4).fill('added'))
  })

  it('is decided anew after a refusal, which changed nothing', async () => {
    await fund(db, USER, TOPPED_UP_MAX - 9)
    assert.equal((await add(keyed('k1'))).kind, 'balance_limit')
    await sendOne(db, { userId: USER, to: 1 })
    assert.equal((await add(keyed('k1'))).kind, 'added')
    assert.equal(await balanceOf(db, USER), TOPPED_UP_MAX)
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

    for (const part of ['request', 'answer'] as const)
      it(`is added once, and its key with it (the ${part} was lost)`, async () => {
        const lost = loseCommit(proxy, part)
        const first = await add(keyed('k1'), proxied)
        assert.equal(lost.count(), 1)
        const second = await add(keyed('k1'))
        assert.ok(first.kind === 'added' && second.kind === 'replayed')
        assert.equal(second.answer.identifier, first.transactionId)
        assert.equal(await balanceOf(db, USER), 10)
      })

    it('may be repeated when its outcome stays unknown', async () => {
      loseCommit(proxy, 'answer')
      beforeLookUp(proxy, () => look(db, sql`RENAME TABLE user_transactions TO hidden_transactions`))
      const first = await add(keyed('k1'), proxied).finally(() =>
        look(db, sql`RENAME TABLE hidden_transactions TO user_transactions`),
      )
      const second = await add(keyed('k1'))
      assert.ok(first.kind === 'outcome_unknown' && second.kind === 'replayed')
      assert.equal(second.answer.identifier, first.transactionId)
      assert.equal(await balanceOf(db, USER), 10)
    })
  })
})
