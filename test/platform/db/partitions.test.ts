import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { keepPartitionsAhead, transact } from '../../../src/platform/db/index.ts'
import { ensurePartitions } from '../../../src/platform/db/partitions.ts'
import { withSchemaLock } from '../../../src/platform/db/schemaSession.ts'
import { Registry } from '../../../src/platform/telemetry/index.ts'
import { identifierMaker, identifierToBytes } from '../../../src/primitives/identifier.ts'
import { look } from '../../support/arrange.ts'
import { eventually } from '../../support/eventually.ts'
import { memoryLog } from '../../support/memoryLog.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

const SATURDAY_MS = Date.parse('2026-11-28T12:00:00Z')
const WEEK_MS = 7 * 86_400_000

describe('the weekly partitions', () => {
  let stack: Stack
  before(async () => (stack = await freshStack()))
  after(async () => {
    await look(stack.db, sql`DROP TABLE IF EXISTS parted`)
    await stack.drop()
  })
  beforeEach(async () => {
    await look(stack.db, sql`DROP TABLE IF EXISTS parted`)
    await look(
      stack.db,
      sql`CREATE TABLE parted (id BINARY(16) NOT NULL, no INT NOT NULL, PRIMARY KEY (id, no)) ENGINE = InnoDB
        PARTITION BY RANGE COLUMNS (id) (PARTITION p_last VALUES LESS THAN (MAXVALUE))`,
    )
  })

  const ensure = async (nowMs?: number, weeksAhead = 1) => {
    const options = nowMs === undefined ? {} : { nowMs, weeksAhead }
    const results = await withSchemaLock(stack.databaseUrl, (connection) =>
      ensurePartitions(connection, options),
    )
    return results.find(({ table }) => table === 'parted')
  }
  const names = async () =>
    (
      await look(
        stack.db,
        sql<{ name: string }>`SELECT PARTITION_NAME AS name FROM information_schema.PARTITIONS
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'parted' ORDER BY PARTITION_ORDINAL_POSITION`,
      )
    ).map(({ name }) => name)
  const idAt = (ms: number) => identifierToBytes(identifierMaker(() => ms)())
  const insertAt = (ms: number) => look(stack.db, sql`INSERT INTO parted VALUES (${idAt(ms)}, 1)`)
  const countIn = async (partition: string) =>
    (await look(stack.db, sql`SELECT 1 FROM parted PARTITION (${sql.ref(partition)})`)).length

  it('are made for the current week and those ahead, and end at a Monday', async () => {
    assert.deepEqual(await ensure(SATURDAY_MS), { table: 'parted', weeks: 2, state: 'split', lastRows: 0 })
    assert.deepEqual(await names(), ['p20261130', 'p20261207', 'p_last'])
    const mondayMs = Date.parse('2026-11-30T00:00:00Z')
    for (const ms of [SATURDAY_MS, mondayMs - 1, mondayMs, mondayMs + 2 * WEEK_MS]) await insertAt(ms)
    assert.deepEqual(
      [await countIn('p20261130'), await countIn('p20261207'), await countIn('p_last')],
      [2, 1, 1],
    )
  })

  it('are added week by week, and found complete in between', async () => {
    await ensure(SATURDAY_MS)
    assert.equal((await ensure(SATURDAY_MS))?.state, 'ahead')
    assert.equal((await ensure(Date.parse('2026-11-30T00:00:00Z')))?.state, 'split')
    assert.deepEqual(await names(), ['p20261130', 'p20261207', 'p20261214', 'p_last'])
  })

  it('are made late with their rows, and tell how many were copied', async () => {
    await insertAt(SATURDAY_MS)
    assert.deepEqual(await ensure(SATURDAY_MS), { table: 'parted', weeks: 2, state: 'split', lastRows: 1 })
    assert.deepEqual([await countIn('p20261130'), await countIn('p_last')], [1, 0])
  })

  it('are not made while that would copy many rows and keep inserts waiting', async () => {
    const rows = sql`WITH RECURSIVE n AS (SELECT 1 AS no UNION ALL SELECT no + 1 FROM n WHERE no < 1000) SELECT no FROM n`
    for (let i = 0; i < 11; i++)
      await look(stack.db, sql`INSERT INTO parted SELECT ${idAt(SATURDAY_MS)}, no FROM (${rows}) AS numbers`)
    assert.deepEqual(await ensure(SATURDAY_MS), {
      table: 'parted',
      weeks: 0,
      state: 'filled',
      lastRows: 10_001,
    })
    assert.deepEqual(await names(), ['p_last'])
  })

  it('are left for later while a transaction uses the table, such as a backup', async () => {
    await transact(stack.db, 'test.backup', async (tx) => {
      await sql`SELECT 1 FROM parted`.execute(tx)
      assert.equal((await ensure(SATURDAY_MS))?.state, 'blocked')
    })
    assert.deepEqual(await names(), ['p_last'])
    assert.equal((await ensure(SATURDAY_MS))?.state, 'split')
  })

  it('are made by the time of the database, with a metric that tells how many are left', async () => {
    const registry = new Registry()
    const { logger, lines } = memoryLog()
    const loop = keepPartitionsAhead({ databaseUrl: stack.databaseUrl, logger, registry })
    await eventually('they are made', async () => (await names()).length > 1)
    await loop.close()
    assert.equal((await names()).length, 6)
    assert.match(await registry.metrics(), /chapar_partition_weeks\{table="parted"\} 5/)
    assert.ok(lines().some(({ message, table }) => message === 'partitions added' && table === 'parted'))
    await insertAt(Date.now())
    assert.equal(await countIn('p_last'), 0)
  })
})
