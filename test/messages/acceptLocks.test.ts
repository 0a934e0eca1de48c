import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, openDb } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { balanceOf, look, offer } from '../support/arrange.ts'
import { holdBalance } from '../support/holdBalance.ts'
import { WAITS_WITHOUT_END } from '../support/lockWaits.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'

/** More than the 1,000 from which MariaDB treats a list as a table, unless told otherwise. */
const MANY = 1_100

describe('the balance locks of an accepted batch', () => {
  let stack: Stack
  let db: Db
  let retried: number
  beforeEach(async () => {
    stack = await freshStack()
    retried = 0
    const sizes = { maxOpenConns: 6, maxIdleConns: 5, connMaxLifetimeSeconds: 300 }
    const settings = { url: stack.databaseUrl, ...sizes, sessionStatements: WAITS_WITHOUT_END }
    db = openDb(settings, (_operation, _durationMs, outcome) => {
      if (outcome === 'retried') retried++
    })
    const rows = customers(MANY + 1).map((userId) => sql`(${userId}, 10, 0, NOW(3))`)
    await look(
      stack.db,
      sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated) VALUES ${sql.join(rows)}`,
    )
  })
  afterEach(async () => {
    await closeDb(db)
    await stack.drop()
  })

  const customers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
  const send = (userIds: number[]) => offer(db, ...userIds.map((userId) => ({ userId, to: 1 })))

  for (const count of [1, 40, 300, MANY]) {
    it(`wait for no customer who is not in the batch (of ${count})`, async () => {
      // A statement that reads past its own customers would meet the one that is held.
      await look(stack.db, sql`DELETE FROM user_balances WHERE user_id > ${count} AND user_id <= ${MANY}`)
      const letGo = await holdBalance(stack.db, MANY + 1)
      const decisions = await send(customers(count)).finally(letGo)
      assert.ok(decisions.every(({ kind }) => kind === 'accepted'))
      assert.equal(retried, 0)
      assert.equal(await balanceOf(stack.db, count), 9)
    })
  }

  it('are taken in one order, so that batches of many customers never wait on each other in a circle', async () => {
    const all = customers(MANY)
    // One that waits for two others does so without end; a circle would end as a deadlock.
    await Promise.all([0, 1, 2].map((index) => send(index % 2 ? all : [...all].reverse())))
    assert.equal(retried, 0)
    assert.equal(await balanceOf(stack.db, 1), 7)
  })
})
