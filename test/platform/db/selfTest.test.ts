import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { closeDb, openDb, selfTest } from '../../../src/platform/db/index.ts'
import type { Db, DbSettings } from '../../../src/platform/db/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { look } from '../../support/arrange.ts'
import { eventually } from '../../support/eventually.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

describe('the self-test at start-up', () => {
  let stack: Stack
  const opened: Db[] = []
  before(async () => (stack = await freshStack()))
  after(() => stack.drop())
  afterEach(async () => {
    for (const db of opened.splice(0)) await closeDb(db)
  })

  function open(settings: Partial<DbSettings> = {}): Db {
    const sizes = { maxOpenConns: 4, maxIdleConns: 3, connMaxLifetimeSeconds: 300 }
    const db = openDb({ url: stack.databaseUrl, ...sizes, ...settings })
    opened.push(db)
    return db
  }

  /** An engine without SKIP LOCKED, seen from its sessions: the words never reach the server, as if it ignored them. */
  function withoutSkipLocked(db: Db): Db {
    db.pool.on('connection', (connection) => {
      const query = connection.query.bind(connection) as (options: { sql: string }, done: unknown) => unknown
      const ignoring = (options: { sql: string }, done: unknown) =>
        query({ ...options, sql: options.sql.replace(' SKIP LOCKED', '') }, done)
      Object.assign(connection, { query: ignoring })
    })
    return db
  }

  it('passes on this engine, however many processes start at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => selfTest(open())))
  })

  it('refuses an engine that waits where it should skip', async () => {
    const db = withoutSkipLocked(open({ sessionStatements: ['SET innodb_lock_wait_timeout = 1'] }))
    await assert.rejects(selfTest(db), /ignores FOR UPDATE SKIP LOCKED/)
  })

  /** The session that holds the row is gone, with its lock, just before the other one looks. */
  function losingTheHolder(db: Db): Db {
    let holder: number | undefined
    db.pool.on('connection', (connection) => {
      const query = connection.query.bind(connection) as (options: { sql: string }, done: unknown) => unknown
      const losing = (options: { sql: string }, done: unknown) => {
        if (!options.sql.includes('SKIP LOCKED')) {
          if (options.sql.includes('FOR UPDATE')) holder = connection.threadId
          return query(options, done)
        }
        void end(holder).then(() => void query(options, done))
        return undefined
      }
      Object.assign(connection, { query: losing })
    })
    return db
  }

  async function end(session: number | undefined): Promise<void> {
    await look(stack.db, sql`KILL ${sql.lit(session)}`)
    await eventually('it is gone', async () => {
      const rows = await look(
        stack.db,
        sql`SELECT id FROM information_schema.processlist WHERE id = ${session}`,
      )
      return rows.length === 0
    })
  }

  it('calls the database away, and not unfit, when the session that held the row was lost meanwhile', async () => {
    await assert.rejects(selfTest(losingTheHolder(open())), (error) => error instanceof Unavailable)
  })

  it('refuses a session that is not READ COMMITTED', async () => {
    const sessionStatements = ['SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ']
    await assert.rejects(selfTest(open({ sessionStatements })), /isolation level is REPEATABLE-READ/)
  })

  it('needs the rows that the migrations put there, and leaves them as they are', async () => {
    await selfTest(open())
    assert.deepEqual(await look(stack.db, sql`SELECT id FROM skip_locked_probe ORDER BY id`), [
      { id: 1 },
      { id: 2 },
    ])
  })
})
