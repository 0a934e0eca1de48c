import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { loadMigrations, migrate } from '../../../src/platform/db/index.ts'
import { Unavailable } from '../../../src/primitives/unavailable.ts'
import { look } from '../../support/arrange.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'
import { openTcpProxy } from '../../../dev/tcpProxy.ts'

const PROGRAM = new URL('../../../src/migrate.ts', import.meta.url).pathname
const PROCESSES = 4

describe('migrations', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  beforeEach(() => dropTables())
  after(async () => {
    // Whatever a test left: the next file finds the tables as the program wants them.
    await dropTables()
    await migrate(stack.databaseUrl)
    await stack.drop()
  })

  async function tables(): Promise<string[]> {
    const rows = await look(stack.db, sql<Record<string, string>>`SHOW TABLES`)
    return rows.flatMap((row) => Object.values(row)).sort()
  }

  async function dropTables(): Promise<void> {
    for (const table of await tables()) await look(stack.db, sql`DROP TABLE ${sql.table(table)}`)
  }

  const recorded = async () =>
    (
      await look(stack.db, sql<{ version: number }>`SELECT version FROM schema_migrations ORDER BY version`)
    ).map(({ version }) => version)

  const two = (second = 'CREATE TABLE IF NOT EXISTS b (id INT PRIMARY KEY);') => [
    { version: 1, name: 'first', sql: 'CREATE TABLE IF NOT EXISTS a (id INT PRIMARY KEY);' },
    { version: 2, name: 'second', sql: second },
  ]

  it('are numbered from 1 without a gap', async () => {
    const versions = (await loadMigrations()).map(({ version }) => version)
    assert.deepEqual(
      versions,
      versions.map((_, index) => index + 1),
    )
  })

  it('bring an empty database to the program’s version, and find nothing to do the next time', async () => {
    const names = (await loadMigrations()).map(({ name }) => name)
    assert.deepEqual(await migrate(stack.databaseUrl), names)
    assert.deepEqual(await migrate(stack.databaseUrl), [])
    assert.deepEqual(await tables(), [...names, 'schema_migrations'].sort())
  })

  it('are applied once when several processes start at once', async () => {
    const env = { ...process.env, DATABASE_URL: stack.databaseUrl }
    const run = () => promisify(execFile)(process.execPath, [PROGRAM], { env })
    // A process that fails rejects.
    await Promise.all(Array.from({ length: PROCESSES }, run))
    assert.deepEqual(
      await recorded(),
      (await loadMigrations()).map(({ version }) => version),
    )
  })

  it('are applied once by parallel calls, of which one does all the work', async () => {
    const applied = await Promise.all(
      Array.from({ length: PROCESSES }, () => migrate(stack.databaseUrl, two())),
    )
    assert.deepEqual(
      applied.filter((names) => names.length > 0),
      [['first', 'second']],
    )
  })

  it('apply what is missing to a database that is behind', async () => {
    assert.deepEqual(await migrate(stack.databaseUrl, two().slice(0, 1)), ['first'])
    assert.deepEqual(await migrate(stack.databaseUrl, two()), ['second'])
  })

  it('refuse a database that is newer than the program, and leave it as it is', async () => {
    await migrate(stack.databaseUrl, two())
    const older = two().slice(0, 1)
    await assert.rejects(migrate(stack.databaseUrl, older), /at migration 2, newer than this program/)
    assert.deepEqual(await recorded(), [1, 2])
  })

  it('refuse a migration that was changed after it had been applied', async () => {
    await migrate(stack.databaseUrl, two())
    const changed = two('CREATE TABLE IF NOT EXISTS b (id BIGINT PRIMARY KEY);')
    await assert.rejects(migrate(stack.databaseUrl, changed), /migration 2 was changed/)
  })

  it('can be repeated after a crash in the middle of a file', async () => {
    const crashing = two('CREATE TABLE IF NOT EXISTS b (id INT PRIMARY KEY); SELECT no_such_column;')
    await assert.rejects(migrate(stack.databaseUrl, crashing), { errno: 1054 })
    assert.deepEqual([await recorded(), await tables()], [[1], ['a', 'b', 'schema_migrations']])
    assert.deepEqual(await migrate(stack.databaseUrl, two()), ['second'])
  })

  it('can each be repeated when a crash came between its statements and the record of it', async () => {
    const names = await migrate(stack.databaseUrl)
    const before = await look(stack.db, sql`SELECT * FROM skip_locked_probe`)
    await look(stack.db, sql`DELETE FROM schema_migrations`)
    assert.deepEqual(await migrate(stack.databaseUrl), names)
    assert.deepEqual(await look(stack.db, sql`SELECT * FROM skip_locked_probe`), before)
  })

  it('say that the database is away when it is, so that a start can wait for it', async () => {
    const proxy = await openTcpProxy(stack.databaseUrl)
    try {
      proxy.refuse()
      await assert.rejects(migrate(proxy.url, two()), Unavailable)
      proxy.admit()
      assert.deepEqual(await migrate(proxy.url, two()), ['first', 'second'])
    } finally {
      await proxy.close()
    }
    await assert.rejects(migrate(proxy.url, two()), Unavailable)
  })
})
