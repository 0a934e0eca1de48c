import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { CommitUnknown, closeDb, openDb, transact } from '../../../src/platform/db/index.ts'
import type { Db, TransactOptions, Tx } from '../../../src/platform/db/index.ts'
import { resolveLostCommit } from '../../../src/platform/db/lostCommit.ts'
import { acquire } from '../../../src/platform/db/pool.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { balanceOf, look } from '../../support/arrange.ts'
import { loseCommit } from '../../support/loseCommit.ts'
import { emptyTables, freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'

const KEY = Buffer.alloc(16, 7)
/** How long an answer is waited for that never comes; every other one has to come within it. */
const SILENT_MS = 3_000
/** Reached by no look-up that gets through. */
const RESOLVE_MS = 20_000

describe('a COMMIT whose answer is lost', () => {
  let stack: Stack
  let proxy: TcpProxy
  let db: Db
  let tries: number

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
    const sizes = { maxOpenConns: 3, maxIdleConns: 2, connMaxLifetimeSeconds: 300 }
    db = openDb({ url: proxy.url, ...sizes })
    tries = 0
  })
  afterEach(async () => {
    proxy.admit()
    proxy.cut()
    await closeDb(db)
  })

  /** A debit under an identifier, looked up by it as the ledger's are. */
  const debit = (options: TransactOptions<string> = {}) =>
    transact(
      db,
      'test.debit',
      async (tx) => {
        tries++
        await sql`UPDATE user_balances SET balance = balance - 10 WHERE user_id = 1`.execute(tx)
        await sql`INSERT INTO user_transactions VALUES (${KEY}, 0, 'charge', 1, 1, -10, 90, '', NOW(3))`.execute(
          tx,
        )
        return 'done'
      },
      { resolve: lookUp, resolveTimeoutMs: RESOLVE_MS, ...options },
    )

  async function lookUp(tx: Tx): Promise<string | undefined> {
    await sql`SELECT balance FROM user_balances WHERE user_id = 1 FOR UPDATE`.execute(tx)
    const { rows } = await sql`SELECT 1 FROM user_transactions WHERE transaction_id = ${KEY}`.execute(tx)
    return rows.length > 0 ? 'found' : undefined
  }

  const booked = async () => [
    await balanceOf(stack.db, 1),
    (await look(stack.db, sql`SELECT 1 FROM user_transactions`)).length,
  ]

  for (const how of ['cut', 'silence'] as const) {
    const link = how === 'cut' ? 'that was cut' : 'that fell silent'
    const options = how === 'silence' ? { timeoutMs: SILENT_MS } : {}

    it(`is found to have taken effect, on a link ${link}, and nothing is done again`, async () => {
      const lost = loseCommit(proxy, 'answer', how)
      assert.equal(await debit(options), 'found')
      assert.deepEqual([lost.count(), tries, ...(await booked())], [1, 1, 90, 1])
    })

    it(`is found to have had no effect, on a link ${link}, and the work is done again, once`, async () => {
      const lost = loseCommit(proxy, 'request', how)
      assert.equal(await debit(options), 'done')
      assert.deepEqual([lost.count(), tries, ...(await booked())], [1, 2, 90, 1])
    })
  }

  it('has no effect any more when it arrives after the look-up', async () => {
    loseCommit(proxy, 'request', 'silence')
    assert.equal(await debit({ timeoutMs: SILENT_MS }), 'done')
    proxy.resume()
    // Whatever the late COMMIT did would hold or have released the row's lock by the time this one gets it.
    await transact(stack.db, 'test.lock', lookUp)
    assert.deepEqual(await booked(), [90, 1])
  })

  it('is looked up again when the answer to the look-up’s own COMMIT is lost too', async () => {
    const lost = loseCommit(proxy, 'answer', 'cut', 2)
    assert.equal(await debit(), 'found')
    assert.deepEqual([lost.count(), tries, ...(await booked())], [2, 1, 90, 1])
  })

  it('is unknown when the look-ups find no way through either', async () => {
    const lost = loseCommit(proxy, 'request', 'cut', Infinity)
    await assert.rejects(debit({ resolveTimeoutMs: 500 }), CommitUnknown)
    lost.end()
    assert.deepEqual([tries, ...(await booked())], [1, 100, 0])
  })

  it('is unknown when the database stays away, and the caller is told so', async () => {
    loseCommit(proxy, 'answer')
    const forget = proxy.onBytes(() => {
      if (tries === 1) proxy.refuse()
    })
    await assert.rejects(debit({ resolveTimeoutMs: 500 }), CommitUnknown)
    forget()
    assert.deepEqual([tries, ...(await booked())], [1, 90, 1])
  })

  it('is unknown without a way to look it up', async () => {
    loseCommit(proxy, 'answer')
    const unresolved = transact(db, 'test.debit', (tx) =>
      sql`UPDATE user_balances SET balance = balance - 10 WHERE user_id = 1`.execute(tx),
    )
    await assert.rejects(unresolved, CommitUnknown)
    assert.equal(await balanceOf(stack.db, 1), 90)
  })

  /** Work whose session is killed before its COMMIT. */
  const killed = (killsMax: number) =>
    transact(
      db,
      'test.killed',
      async (tx) => {
        tries++
        await sql`UPDATE user_balances SET balance = balance - 10 WHERE user_id = 1`.execute(tx)
        const { rows } = await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(tx)
        if (tries <= killsMax) await look(stack.db, sql`KILL ${sql.lit(rows[0]?.id)}`)
        return 'done'
      },
      { resolve: () => Promise.resolve(undefined), resolveTimeoutMs: RESOLVE_MS, triesMax: 2 },
    )

  it('that comes upon a session killed in the meantime is looked up, and the work done again', async () => {
    assert.equal(await killed(1), 'done')
    assert.deepEqual([tries, await balanceOf(stack.db, 1)], [2, 90])
  })

  it('is tried again no more often than any lost race; then nothing was changed, and the caller is told so', async () => {
    await assert.rejects(killed(2), Unavailable)
    assert.deepEqual([tries, await balanceOf(stack.db, 1)], [2, 100])
  })

  /** Makes every later session look like one on another server, as behind an address that a failover moved. */
  const moveToAnotherServer = () => {
    const remember = db.sessions.set.bind(db.sessions)
    db.sessions.set = (connection, session) => {
      session.serverId = 'another'
      return remember(connection, session)
    }
  }
  /** Runs the debit and moves the address between its work and its COMMIT. */
  const debitBeforeFailover = () =>
    transact(
      db,
      'test.debit',
      async (tx) => {
        tries++
        await sql`UPDATE user_balances SET balance = balance - 10 WHERE user_id = 1`.execute(tx)
        await sql`INSERT INTO user_transactions VALUES (${KEY}, 0, 'charge', 1, 1, -10, 90, '', NOW(3))`.execute(
          tx,
        )
        moveToAnotherServer()
        return 'done'
      },
      { resolve: lookUp, resolveTimeoutMs: RESOLVE_MS },
    )

  it('is unknown when another server, behind the same address, does not know it', async () => {
    loseCommit(proxy, 'request')
    await assert.rejects(debitBeforeFailover(), CommitUnknown)
    assert.deepEqual([tries, ...(await booked())], [1, 100, 0])
  })

  it('is done when another server, to which it was replicated, knows it', async () => {
    loseCommit(proxy, 'answer')
    assert.equal(await debitBeforeFailover(), 'found')
    assert.deepEqual([tries, ...(await booked())], [1, 90, 1])
  })

  it('is unknown when group replication answered it, though this member does not know it: the others may', async () => {
    for (const errno of [3100, 3101]) {
      const cause = Object.assign(new Error('the group'), { errno })
      const lost = { operation: 'test.debit', session: await acquire(db), cause }
      const ended = await resolveLostCommit(db, lost, lookUp, 1_000)
      assert.ok('error' in ended && ended.error instanceof CommitUnknown && !ended.retry)
    }
  })

  it('kills no session of another server, where its number is a stranger’s', async () => {
    let kills = 0
    loseCommit(proxy, 'answer')
    const forget = proxy.onBytes((bytes, direction) => {
      if (direction === 'toServer' && bytes.includes('KILL')) kills++
    })
    await debitBeforeFailover()
    forget()
    assert.equal(kills, 0)
  })

  it('is unknown within its bound when no connection is free to look it up', async () => {
    const patient = openDb({
      url: proxy.url,
      maxOpenConns: 1,
      maxIdleConns: 1,
      connMaxLifetimeSeconds: 300,
      acquireTimeoutMs: 120_000,
    })
    const ended = Promise.withResolvers<void>()
    let waiting: Promise<void> | undefined
    const lost = transact(
      patient,
      'test.debit',
      () => {
        // Stands in line for the only connection, and keeps it.
        waiting = transact(patient, 'test.keep', () => ended.promise)
        loseCommit(proxy, 'request')
        return Promise.resolve('done')
      },
      { resolve: () => Promise.resolve(undefined), resolveTimeoutMs: 300 },
    )
    await assert.rejects(lost, CommitUnknown)
    ended.resolve()
    await waiting
    await closeDb(patient)
  })
})
