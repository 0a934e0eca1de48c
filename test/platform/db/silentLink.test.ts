import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, openDb, transact } from '../../../src/platform/db/index.ts'
import type { Db, Tx } from '../../../src/platform/db/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { balanceOf, look } from '../../support/arrange.ts'
import { emptyTables, freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'

/** Waited for in full; the work before the silence must be done within it. */
const TIMEOUT_MS = 2_000

describe('a link to the database that goes silent in mid-transaction', () => {
  let stack: Stack
  let proxy: TcpProxy
  let db: Db

  before(async () => {
    stack = await freshStack()
    proxy = await openTcpProxy(stack.databaseUrl)
  })
  after(async () => {
    await proxy.close()
    await stack.drop()
  })
  beforeEach(async () => {
    await emptyTables(stack.db)
    await look(
      stack.db,
      sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated) VALUES (1, 100, 0, NOW(3))`,
    )
    db = openDb({ url: proxy.url, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
  })
  afterEach(async () => {
    proxy.cut()
    await closeDb(db)
  })

  const debit = (tx: Tx) => sql`UPDATE user_balances SET balance = balance - 10 WHERE user_id = 1`.execute(tx)

  /** Another process: it waits for the lock for the 2 s of every session, twice; the server would need 10 s. */
  const debitElsewhere = () => transact(stack.db, 'test.elsewhere', debit, { triesMax: 2 })

  it('is given up, and its session killed, so that its locks are free at once and not when the server notices', async () => {
    const silenced = transact(
      db,
      'test.silent',
      async (tx) => {
        await debit(tx)
        for (const link of proxy.links()) link.silence()
        await debit(tx)
      },
      { timeoutMs: TIMEOUT_MS },
    )
    await assert.rejects(silenced, Unavailable)
    await debitElsewhere()
    assert.equal(await balanceOf(stack.db, 1), 90)
  })

  it('is given up too when only the ROLLBACK stays without an answer', async () => {
    const fault = new Error('a fault of ours')
    const silenced = transact(
      db,
      'test.silent',
      async (tx) => {
        await debit(tx)
        for (const link of proxy.links()) link.silence()
        throw fault
      },
      { timeoutMs: TIMEOUT_MS },
    )
    await assert.rejects(silenced, fault)
    await debitElsewhere()
    assert.equal(await balanceOf(stack.db, 1), 90)
  })

  it('never goes back to the pool', async () => {
    const silenced = transact(
      db,
      'test.silent',
      async (tx) => {
        for (const link of proxy.links()) link.silence()
        await debit(tx)
      },
      { timeoutMs: TIMEOUT_MS },
    )
    await assert.rejects(silenced, Unavailable)
    for (let i = 0; i < 3; i++) await transact(db, 'test.next', debit)
    assert.equal(await balanceOf(stack.db, 1), 70)
  })

  it('is a matter of the work’s own time too: work that does not end is given up with its locks', async () => {
    const endless = transact(
      db,
      'test.endless',
      async (tx) => {
        await debit(tx)
        await new Promise(() => {})
      },
      { timeoutMs: TIMEOUT_MS },
    )
    await assert.rejects(endless, Unavailable)
    await debitElsewhere()
    assert.equal(await balanceOf(stack.db, 1), 90)
  })
})
