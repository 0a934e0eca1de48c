import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, openDb, read, snapshot } from '../../../src/platform/db/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { look } from '../../support/arrange.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

describe('a snapshot', () => {
  let stack: Stack
  let db: Db
  before(async () => {
    stack = await freshStack()
    db = openDb({ url: stack.databaseUrl, maxOpenConns: 1, maxIdleConns: 1, connMaxLifetimeSeconds: 300 })
    await look(stack.db, sql`INSERT INTO user_balances VALUES (1, 100, 0, NOW(3))`)
  })
  after(async () => {
    await closeDb(db)
    await stack.drop()
  })

  const balance = sql<{ balance: number }>`SELECT balance FROM user_balances WHERE user_id = 1`
  const spend = () => look(stack.db, sql`UPDATE user_balances SET balance = balance - 1 WHERE user_id = 1`)

  it('shows the tables as they stood at one instant, while others write', async () => {
    const seen = await snapshot(db, 'test.snapshot', async (reader) => {
      const first = (await balance.execute(reader)).rows
      await spend()
      return [first, (await balance.execute(reader)).rows]
    })
    assert.deepEqual(seen[0], seen[1])
  })

  it('can write nothing', async () => {
    const writing = snapshot(db, 'test.snapshot', (reader) => sql`DELETE FROM user_balances`.execute(reader))
    await assert.rejects(writing, { errno: 1792 })
  })

  it('leaves the connection READ COMMITTED and outside any transaction', async () => {
    await snapshot(db, 'test.snapshot', (reader) => balance.execute(reader))
    await read(db, 'test.next', async (reader) => {
      const [before] = (await balance.execute(reader)).rows
      await spend()
      const [after] = (await balance.execute(reader)).rows
      assert.equal(after?.balance, Number(before?.balance) - 1)
    })
  })
})
