import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, openDb, read, transact } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { look } from '../../support/arrange.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'
import type { TcpProxy } from '../../../dev/tcpProxy.ts'

describe('the pool of database connections', () => {
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
  const open = (settings: { acquireTimeoutMs?: number } = {}) =>
    openDb({ url: proxy.url, maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300, ...settings })
  beforeEach(() => {
    db = open()
  })
  afterEach(async () => {
    proxy.resume()
    proxy.admit()
    proxy.cut()
    await closeDb(db)
  })

  /** For tests that wait for the end of the bound, within which a busy machine may not serve either. */
  const becomeImpatient = async () => {
    await closeDb(db)
    db = open({ acquireTimeoutMs: 1_000 })
  }
  const ask = () => look(db, sql<{ one: number }>`SELECT 1 AS one`)
  const serves = () =>
    eventually('it serves', () =>
      ask().then(
        (rows) => rows[0]?.one === 1,
        () => false,
      ),
    )

  /** Takes every connection. @returns what gives them back. */
  async function exhaust(): Promise<() => Promise<void>> {
    const done = Promise.withResolvers<void>()
    let held = 0
    const hold = (): Promise<void> =>
      transact(db, 'test.hold', async (tx) => {
        await sql`SELECT 1`.execute(tx)
        held++
        await done.promise
      }).catch((error: unknown) => {
        // On a busy machine a new connection may take too long.
        if (error instanceof Unavailable) return hold()
        throw error
      })
    const holders = [1, 2].map(hold)
    await eventually('all connections are taken', () => held === 2)
    return async () => {
      done.resolve()
      await Promise.all(holders)
    }
  }

  it('tells a caller that the database is away when none becomes free in time, and serves the next one', async () => {
    await becomeImpatient()
    const releaseAll = await exhaust()
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof Unavailable)
      assert.equal(error.code, 'database_unavailable')
      return true
    })
    await releaseAll()
    await serves()
  })

  it('hands a connection that became free to the one who waits', async () => {
    const releaseAll = await exhaust()
    const waiting = ask()
    await releaseAll()
    assert.deepEqual(await waiting, [{ one: 1 }])
  })

  it('loses no connection to callers who gave up waiting', async () => {
    await becomeImpatient()
    const releaseAll = await exhaust()
    const given = await Promise.allSettled(Array.from({ length: 20 }, ask))
    assert.ok(given.every(({ status }) => status === 'rejected'))
    await releaseAll()
    await eventually('all are served', () =>
      Promise.all(Array.from({ length: 20 }, ask)).then(Boolean, () => false),
    )
  })

  it('tells a caller that the database is away when it cannot be reached, and heals', async () => {
    proxy.refuse()
    await assert.rejects(ask(), Unavailable)
    proxy.admit()
    assert.deepEqual(await ask(), [{ one: 1 }])
  })

  it('heals after all its connections were cut, in use and idle ones', async () => {
    await Promise.all([ask(), ask()])
    const inUse = transact(db, 'test.cut', async (tx) => {
      await sql`SELECT 1`.execute(tx)
      proxy.cut()
      await sql`SELECT 2`.execute(tx)
    })
    await assert.rejects(inUse, Unavailable)
    await serves()
  })

  it('gives up a new connection on which the server falls silent, and serves the next caller', async () => {
    await becomeImpatient()
    // Silent right after the handshake, when the session is being set up.
    const forget = proxy.onBytes((bytes, direction, link) => {
      if (direction === 'toServer' && bytes.includes('READ COMMITTED')) link.silence()
    })
    await assert.rejects(ask(), Unavailable)
    forget()
    await serves()
  })

  it('gives up a connection on which the server does not even greet', async () => {
    await becomeImpatient()
    proxy.silence()
    await assert.rejects(ask(), Unavailable)
    proxy.resume()
    await serves()
  })

  it('never hands on a connection on which a read failed', async () => {
    const ids = new Set<number>()
    for (let i = 0; i < 3; i++) {
      const failing = read(db, 'test.fail', async (reader) => {
        const { rows } = await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(reader)
        ids.add(rows[0]?.id ?? 0)
        await sql`SELECT no_such_column`.execute(reader)
      })
      await assert.rejects(failing, { errno: 1054 })
    }
    assert.equal(ids.size, 3)
  })
})
