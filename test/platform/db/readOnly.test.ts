import assert from 'node:assert/strict'
import { createConnection } from 'mysql2/promise'
import type { Connection } from 'mysql2/promise'
import { sql } from 'kysely'
import { classifyFault, closeDb, openDb, read, transact } from '../../../src/platform/db/index.ts'
import type { Db, Reader } from '../../../src/platform/db/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { balanceOf, look } from '../../support/arrange.ts'
import { emptyTables, freshStack, privateServers } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

describe('a server that becomes read-only, as the old primary of a replication group does', () => {
  let stack: Stack
  let admin: Connection
  let db: Db

  before(async function () {
    admin = await createConnection(privateServers(this).databaseAdminUrl)
    stack = await freshStack()
  })
  after(async () => {
    await admin?.end()
    await stack?.drop()
  })
  beforeEach(async () => {
    await emptyTables(stack.db)
    await look(
      stack.db,
      sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated) VALUES (1, 100, 0, NOW(3))`,
    )
    db = openDb({ url: stack.databaseUrl, maxOpenConns: 4, maxIdleConns: 3, connMaxLifetimeSeconds: 300 })
  })
  afterEach(async () => {
    await isReadOnly(false)
    await closeDb(db)
  })

  const isReadOnly = (is: boolean) => admin.query(`SET GLOBAL read_only = ${is ? 1 : 0}`)
  const sessionOf = async (reader: Reader) => {
    const { rows } = await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(reader)
    return rows[0]?.id ?? 0
  }
  const debit = (beforeCommit: () => Promise<unknown> = () => Promise.resolve()) =>
    transact(
      db,
      'test.debit',
      async (tx) => {
        await sql`UPDATE user_balances SET balance = balance - 10 WHERE user_id = 1`.execute(tx)
        await beforeCommit()
      },
      { resolve: () => Promise.reject(new Error('there was nothing to look up')) },
    )

  it('answers every write as unavailable, and is written to again when it may be', async () => {
    await isReadOnly(true)
    await assert.rejects(debit(), Unavailable)
    await isReadOnly(false)
    await debit()
    assert.equal(await balanceOf(stack.db, 1), 90)
  })

  it('is asked nothing more on any session that was open when it refused a write', async () => {
    const both = [0, 1].map(() =>
      read(db, 'test.open', async (reader) => {
        await sql`SELECT SLEEP(0.1)`.execute(reader)
        return sessionOf(reader)
      }),
    )
    const before = new Set(await Promise.all(both))
    assert.equal(before.size, 2)
    await isReadOnly(true)
    await assert.rejects(debit(), Unavailable)
    assert.equal(before.has(await read(db, 'test.next', sessionOf)), false)
  })

  it('has rolled back what it refuses to commit: the caller is told so, and nothing has to be looked up', async () => {
    await assert.rejects(
      debit(() => isReadOnly(true)),
      Unavailable,
    )
    assert.equal(await balanceOf(stack.db, 1), 100)
  })

  for (const [errno, meaning] of [
    [1290, 'read_only or super_read_only'],
    [1836, 'read-only mode'],
    [3032, 'offline mode'],
    [3100, 'a replication hook that failed'],
    [3101, 'a transaction that group replication rolled back'],
    [3781, 'a new primary that applies the old one’s transactions'],
    [3782, 'one that was stopped meanwhile'],
    [3783, 'one that left its group'],
  ] as const)
    it(`is unavailable for the caller when it answers ${errno}, ${meaning}`, () => {
      assert.equal(classifyFault(Object.assign(new Error(meaning), { errno })), 'unavailable')
    })
})
