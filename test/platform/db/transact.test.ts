import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, openDb, read, transact } from '../../../src/platform/db/index.ts'
import type { Db, Tx } from '../../../src/platform/db/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { balanceOf } from '../../support/arrange.ts'
import { eventually } from '../../support/eventually.ts'
import { emptyTables, freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

/** Far above what any step of a test takes. */
const LONG_MS = 50_000

describe('a transaction', () => {
  let stack: Stack
  let db: Db
  /** Its lock waits do not end by themselves. */
  let patient: Db
  const observed: string[] = []
  const open = (lockWaitSeconds: number) => {
    const sizes = { maxOpenConns: 4, maxIdleConns: 3, connMaxLifetimeSeconds: 300 }
    const sessionStatements = [`SET innodb_lock_wait_timeout = ${lockWaitSeconds}`]
    return openDb(
      { url: stack.databaseUrl, ...sizes, sessionStatements },
      (operation, _durationMs, outcome) => observed.push(`${operation} ${outcome}`),
    )
  }

  before(async () => {
    stack = await freshStack()
    // One second instead of two, so that the tests of lock waits are sooner done.
    db = open(1)
    patient = open(LONG_MS / 1_000)
  })
  after(async () => {
    await Promise.all([db, patient].map(closeDb))
    await stack.drop()
  })
  beforeEach(async () => {
    await emptyTables(db)
    await read(db, 'test.arrange', (reader) =>
      sql`INSERT INTO user_balances (user_id, balance, last_seq, last_updated) VALUES (1, 100, 0, NOW(3)), (2, 100, 0, NOW(3))`.execute(
        reader,
      ),
    )
    observed.length = 0
  })

  const debit = (tx: Tx, userId: number) =>
    sql`UPDATE user_balances SET balance = balance - 10 WHERE user_id = ${userId}`.execute(tx)
  const lock = (tx: Tx, userId: number) =>
    sql`SELECT balance FROM user_balances WHERE user_id = ${userId} FOR UPDATE`.execute(tx)

  it('commits what its work did, and gives its result', async () => {
    const result = await transact(db, 'test.debit', async (tx) => {
      await debit(tx, 1)
      return 'debited'
    })
    assert.equal(result, 'debited')
    assert.equal(await balanceOf(stack.db, 1), 90)
    assert.deepEqual(observed, ['test.debit ok'])
  })

  it('is rolled back when its work throws, and the fault reaches the caller as it is', async () => {
    const fault = new Error('a fault of ours')
    const failing = transact(db, 'test.debit', async (tx) => {
      await debit(tx, 1)
      throw fault
    })
    await assert.rejects(failing, fault)
    assert.equal(await balanceOf(stack.db, 1), 100)
    assert.deepEqual(observed, ['test.debit failed'])
  })

  it('is rolled back when the database refuses a statement, and is not tried again', async () => {
    let tries = 0
    const failing = transact(db, 'test.debit', async (tx) => {
      tries++
      await debit(tx, 1)
      await sql`UPDATE user_balances SET balance = -1 WHERE user_id = 1`.execute(tx)
    })
    // MySQL's number for a violated CHECK and MariaDB's.
    await assert.rejects(failing, ({ errno }: { errno: number }) => errno === 3819 || errno === 4025)
    assert.deepEqual([await balanceOf(stack.db, 1), tries], [100, 1])
  })

  it('cannot be opened or ended by the work inside it', async () => {
    const nested = transact(db, 'test.nested', (tx) => tx.transaction().execute(() => Promise.resolve()))
    await assert.rejects(nested, /opened by transact/)
  })

  it('runs again after a deadlock, and both sides come to their end', async () => {
    let [tries, holding] = [0, 0]
    const bothHoldOne = Promise.withResolvers<void>()
    const cross = (first: number, second: number) =>
      transact(
        patient,
        'test.cross',
        async (tx) => {
          tries++
          await debit(tx, first)
          if (++holding === 2) bothHoldOne.resolve()
          await bothHoldOne.promise
          await debit(tx, second)
        },
        { timeoutMs: LONG_MS },
      )
    await Promise.all([cross(1, 2), cross(2, 1)])
    assert.deepEqual([await balanceOf(stack.db, 1), await balanceOf(stack.db, 2)], [80, 80])
    assert.equal(tries, 3)
    assert.deepEqual(observed.sort(), ['test.cross ok', 'test.cross ok', 'test.cross retried'])
  })

  it('is rolled back before it runs again after a lock wait, so that nothing is done twice', async () => {
    const held = Promise.withResolvers<void>()
    const free = Promise.withResolvers<void>()
    const holder = transact(stack.db, 'test.hold', async (tx) => {
      await lock(tx, 2)
      held.resolve()
      await free.promise
    })
    await held.promise
    let tries = 0
    await transact(db, 'test.wait', async (tx) => {
      if (++tries === 2) {
        free.resolve()
        await holder
      }
      await debit(tx, 1)
      await lock(tx, 2)
    })
    assert.deepEqual([await balanceOf(stack.db, 1), tries], [90, 2])
    assert.deepEqual(observed, ['test.wait retried', 'test.wait ok'])
  })

  it('tells the caller of the lost race after a bounded number of tries', async () => {
    const free = Promise.withResolvers<void>()
    let isHeld = false
    const holder = transact(stack.db, 'test.hold', async (tx) => {
      await lock(tx, 2)
      isHeld = true
      await free.promise
    })
    await eventually('the lock is held', () => isHeld)
    let tries = 0
    const waiting = transact(
      db,
      'test.wait',
      async (tx) => {
        tries++
        await debit(tx, 1)
        await lock(tx, 2)
      },
      { triesMax: 2 },
    )
    await assert.rejects(waiting, { name: 'Unavailable', code: 'database_busy' })
    free.resolve()
    await holder
    assert.deepEqual([await balanceOf(stack.db, 1), tries], [100, 2])
    assert.deepEqual(observed, ['test.wait retried', 'test.wait failed'])
  })

  it('leaves no trace on the connection that the next borrower gets', async () => {
    const alone = openDb({
      url: stack.databaseUrl,
      maxOpenConns: 1,
      maxIdleConns: 1,
      connMaxLifetimeSeconds: 300,
    })
    const failing = transact(alone, 'test.fail', async (tx) => {
      await debit(tx, 1)
      throw new Error('a fault of ours')
    })
    await assert.rejects(failing)
    await transact(alone, 'test.next', (tx) => debit(tx, 2))
    assert.deepEqual([await balanceOf(stack.db, 1), await balanceOf(stack.db, 2)], [100, 90])
    await closeDb(alone)
  })

  it('that loses its session in the middle changed nothing and says that the database is away', async () => {
    const killed = transact(db, 'test.killed', async (tx) => {
      await debit(tx, 1)
      const { rows } = await sql<{ id: number }>`SELECT CONNECTION_ID() AS id`.execute(tx)
      await read(stack.db, 'test.kill', (reader) => sql`KILL ${sql.lit(rows[0]?.id)}`.execute(reader))
      await debit(tx, 1)
    })
    await assert.rejects(killed, Unavailable)
    assert.equal(await balanceOf(stack.db, 1), 100)
    await transact(db, 'test.next', (tx) => debit(tx, 1))
    assert.equal(await balanceOf(stack.db, 1), 90)
  })
})
