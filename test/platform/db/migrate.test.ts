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

  const two = (second = 'CREATE TABLE b (id INT PRIMARY KEY)') => [
    { version: 1, name: 'first', sql: 'CREATE TABLE a (id INT PRIMARY KEY)' },
    { version: 2, name: 'second', sql: second },
  ]
  const finished = async () =>
    (
      await look(
        stack.db,
        sql<{ version: number }>`SELECT version FROM schema_migrations
          WHERE applied_at IS NOT NULL ORDER BY version`,
      )
    ).map(({ version }) => version)

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
    assert.deepEqual(await finished(), await recorded())
    assert.ok((await tables()).includes('outbox_events'))
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

  it('leave a newer database as it is, and let an older program work with it', async () => {
    await migrate(stack.databaseUrl, two())
    const older = two().slice(0, 1)
    assert.deepEqual(await migrate(stack.databaseUrl, older), [])
    assert.deepEqual(await recorded(), [1, 2])
  })

  it('refuse an older program when a newer migration says that it cannot work with it', async () => {
    const second = '-- requires: 2\nCREATE TABLE b (id INT PRIMARY KEY)'
    await migrate(stack.databaseUrl, two(second))
    const older = two().slice(0, 1)
    await assert.rejects(
      migrate(stack.databaseUrl, older),
      /needs a program that knows migration 2; this one knows 1/,
    )
    const third = { version: 3, name: 'third', sql: '-- requires: 2\nCREATE TABLE c (id INT PRIMARY KEY)' }
    await migrate(stack.databaseUrl, [...two(second), third])
    assert.deepEqual(await migrate(stack.databaseUrl, two(second)), [])
  })

  for (const stated of ['3', '0', 'two'])
    it(`refuse a file that requires migration ${stated}, which is none up to its own`, async () => {
      const second = `-- requires: ${stated}\nCREATE TABLE b (id INT PRIMARY KEY)`
      await assert.rejects(migrate(stack.databaseUrl, two(second)), /must name a migration from 1 to 2/)
    })

  it('refuse a migration that was changed after it had been applied', async () => {
    await migrate(stack.databaseUrl, two())
    const changed = two('CREATE TABLE b (id BIGINT PRIMARY KEY)')
    await assert.rejects(migrate(stack.databaseUrl, changed), /migration 2 was changed/)
  })

  it('refuse a file of two statements, of which neither takes effect', async () => {
    const twice = 'CREATE TABLE b (id INT PRIMARY KEY);\nCREATE TABLE c (id INT PRIMARY KEY);\n'
    await assert.rejects(
      migrate(stack.databaseUrl, two(twice)),
      /^Error: migration 2 must be one valid statement: .*CREATE TABLE c/,
    )
    assert.deepEqual(await tables(), ['a', 'schema_migrations'])
    assert.deepEqual(await migrate(stack.databaseUrl, two()), ['second'])
  })

  it('that failed can be mended and repeated', async () => {
    await assert.rejects(migrate(stack.databaseUrl, two('ALTER TABLE a ADD KEY (no_such_column)')), {
      errno: 1072,
    })
    assert.deepEqual([await recorded(), await finished()], [[1, 2], [1]])
    assert.deepEqual(await migrate(stack.databaseUrl, two()), ['second'])
    assert.deepEqual(await finished(), [1, 2])
  })

  const repeatable = [
    'CREATE TABLE b (id INT PRIMARY KEY)',
    'DROP TABLE a',
    'ALTER TABLE a ADD COLUMN more INT',
    'ALTER TABLE a ADD KEY idx_id (id)',
    'ALTER TABLE a DROP COLUMN old',
  ]
  for (const statement of repeatable) {
    const migrations = () => [
      { version: 1, name: 'first', sql: 'CREATE TABLE a (id INT PRIMARY KEY, old INT)' },
      { version: 2, name: 'second', sql: statement },
    ]
    it(`can be repeated when a crash came before the record of it: ${statement}`, async () => {
      await migrate(stack.databaseUrl, migrations())
      await look(stack.db, sql`UPDATE schema_migrations SET applied_at = NULL WHERE version = 2`)
      assert.deepEqual(await migrate(stack.databaseUrl, migrations()), ['second'])
      assert.deepEqual(await finished(), [1, 2])
    })
  }

  it('that was never begun does not take a table that is there already for its own', async () => {
    await look(stack.db, sql`CREATE TABLE b (other INT PRIMARY KEY)`)
    await assert.rejects(migrate(stack.databaseUrl, two()), { errno: 1050 })
  })

  it('report an unreachable database, so that a start can wait for it', async () => {
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
