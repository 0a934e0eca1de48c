import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, databaseNowMs, openDb, read, transact } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { look } from '../../support/arrange.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

describe('a database session', () => {
  let stack: Stack
  const opened: Db[] = []
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())
  afterEach(async () => {
    for (const db of opened.splice(0)) await closeDb(db)
  })

  function open(settings: { connMaxLifetimeSeconds?: number; sessionStatements?: string[] } = {}): Db {
    const sizes = { maxOpenConns: 2, maxIdleConns: 1, connMaxLifetimeSeconds: 300 }
    const db = openDb({ url: stack.databaseUrl, ...sizes, ...settings })
    opened.push(db)
    return db
  }

  const connectionId = async (db: Db) =>
    (await look(db, sql<{ id: number }>`SELECT CONNECTION_ID() AS id`))[0]?.id

  it('is READ COMMITTED, in UTC, waits 2 s for a lock and is dropped by the server after 10 s', async () => {
    const rows = await look(
      stack.db,
      sql<{ Variable_name: string; Value: string }>`SHOW SESSION VARIABLES WHERE Variable_name IN
        ('transaction_isolation', 'tx_isolation', 'time_zone', 'innodb_lock_wait_timeout', 'wait_timeout')`,
    )
    const { tx_isolation, transaction_isolation, ...others } = Object.fromEntries(
      rows.map(({ Variable_name, Value }) => [Variable_name, Value]),
    )
    assert.equal(transaction_isolation ?? tx_isolation, 'READ-COMMITTED')
    assert.deepEqual(others, { time_zone: '+00:00', innodb_lock_wait_timeout: '2', wait_timeout: '10' })
  })

  it('refuses values that do not fit instead of bending them', async () => {
    const tooLong = read(stack.db, 'test.long', (reader) =>
      sql`INSERT INTO outbox_events (id, lane, order_key, payload, recipients, last_error, created_at)
        VALUES (${Buffer.alloc(16)}, 0, 0, '[]', 1, ${'x'.repeat(256)}, NOW(3))`.execute(reader),
    )
    await assert.rejects(tooLong, { errno: 1406 })
  })

  it('keeps text beyond the basic plane, quotes and backslashes as they are', async () => {
    const text = `😀 'quoted' "twice" back\\slash ? 100% \u0001`
    const [row] = await look(stack.db, sql<{ text: string }>`SELECT ${text} AS text`)
    assert.equal(row?.text, text)
  })

  it('gives and takes whole numbers up to 2^53 exactly, and times to the millisecond in UTC', async () => {
    const at = new Date('2026-03-29T01:30:00.123Z')
    const [row] = await look(
      stack.db,
      sql<{ big: number; at: Date }>`SELECT CAST(${Number.MAX_SAFE_INTEGER} AS SIGNED) AS big,
        CAST(${at} AS DATETIME(3)) AS at`,
    )
    assert.equal(row?.big, Number.MAX_SAFE_INTEGER)
    assert.equal(row?.at.toISOString(), at.toISOString())
  })

  it('is used again by the next caller', async () => {
    const db = open()
    assert.equal(await connectionId(db), await connectionId(db))
  })

  it('is replaced when its lifetime is over', async () => {
    const db = open({ connMaxLifetimeSeconds: 0 })
    assert.notEqual(await connectionId(db), await connectionId(db))
  })

  it('is replaced when it has been idle for so long that the server may close it any moment', async () => {
    const db = open()
    const first = await connectionId(db)
    for (const session of await idleSessions(db)) session.usedAtMs -= 6_001
    assert.notEqual(await connectionId(db), first)
  })

  it('knows which server it is on and by which number, also after a restart of the pool', async () => {
    const db = open()
    const id = await connectionId(db)
    const [first] = await idleSessions(db)
    assert.equal(first?.connectionId, id)
    const other = open()
    await connectionId(other)
    const [second] = await idleSessions(other)
    assert.ok((first?.serverId.length ?? 0) > 8, first?.serverId)
    assert.equal(second?.serverId, first?.serverId)
    assert.notEqual(second?.connectionId, id)
  })

  it('tells how far the local clock is from the database’s, which alone decides', async () => {
    const db = open({ sessionStatements: ['SET timestamp = UNIX_TIMESTAMP() + 3600'] })
    await connectionId(db)
    const aheadMs = databaseNowMs(db) - Date.now()
    assert.ok(Math.abs(aheadMs - 3_600_000) < 1_500, `the offset is ${aheadMs} ms`)
    const [row] = await look(db, sql<{ now: Date }>`SELECT NOW(3) AS now`)
    assert.ok(Math.abs(Number(row?.now.getTime()) - databaseNowMs(db)) < 5_000)
  })

  it('gives identifiers a time that a step of the local clock does not move', async () => {
    const db = open()
    await connectionId(db)
    const now = Date.now
    const beforeMs = databaseNowMs(db)
    Date.now = () => now() + 3_600_000
    try {
      assert.ok(databaseNowMs(db) - beforeMs < 60_000)
    } finally {
      Date.now = now
    }
  })

  it('measures the database’s clock again in use, on the same connection', async () => {
    const db = open()
    const id = await connectionId(db)
    for (const use of [() => connectionId(db), () => transact(db, 'test.use', () => Promise.resolve())]) {
      db.clock.offsetMs -= 3_600_000
      db.clock.measuredAtMs -= 5_001
      await use()
      const [row] = await look(
        db,
        sql<{ now: Date; id: number }>`SELECT NOW(3) AS now, CONNECTION_ID() AS id`,
      )
      assert.equal(row?.id, id)
      assert.ok(Math.abs(Number(row?.now.getTime()) - databaseNowMs(db)) < 60_000)
    }
  })

  it('measures it no more often than it must', async () => {
    const db = open()
    await connectionId(db)
    db.clock.offsetMs -= 3_600_000
    await connectionId(db)
    assert.ok(databaseNowMs(db) < Date.now() - 3_000_000)
  })

  /** The sessions that wait in the pool for their next use. */
  async function idleSessions(db: Db) {
    const connection = await new Promise<Parameters<typeof db.sessions.get>[0]>((resolve, reject) =>
      db.pool.getConnection((error, taken) => (error ? reject(error) : resolve(taken))),
    )
    const session = db.sessions.get(connection)
    connection.release()
    assert.ok(session)
    return [session]
  }
})
