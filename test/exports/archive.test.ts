import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { sql } from 'kysely'
import { ARCHIVED_TABLES, exportRange } from '../../src/exports/index.ts'
import type { ExportingOptions, Manifest } from '../../src/exports/index.ts'
import { databaseNowMs, transact } from '../../src/platform/db/index.ts'
import { lowestAt } from '../../src/primitives/identifier.ts'
import { fund, look, newIdOf, sendOne } from '../support/arrange.ts'
import { freshStack } from '../support/servers.ts'
import type { Stack } from '../support/servers.ts'
import { exportingTo, idBytes, sha256 } from './arrangeExports.ts'

describe('tables within a range of identifiers', () => {
  let stack: Stack
  let context: ExportingOptions
  let remove: () => Promise<void>
  before(async () => {
    stack = await freshStack()
    ;({ context, remove } = await exportingTo(stack.db))
    await fund(stack.db, 7, 10_000)
    const id = await sendOne(stack.db, { userId: 7, to: 4_500, text: 'سلام\n"=1"' })
    await sendOne(stack.db, { userId: 7, to: 2, isTest: true })
    await transact(stack.db, 'test.receipts', async (tx) => {
      await sql`INSERT INTO receipts (sms_identifier, recipient_no, id, operator, state, raw, received_at)
        VALUES (${idBytes(id)}, 1, ${idBytes(newIdOf(stack.db)())}, 'A', 'applied', ${Buffer.from([0, 255, 10])}, NOW(3))`.execute(
        tx,
      )
      await sql`INSERT INTO delivery_attempts (sms_identifier, recipient_no, attempt, call_no, provider, result, reason,
          started_at, duration_ms)
        VALUES (${idBytes(id)}, 1, 1, 1, 'A', 'unknown', 'silence', NOW(3), 8000)`.execute(tx)
      await sql`INSERT INTO deadline_misses (sms_identifier, recipient_no, user_id, cause, guaranteed_by, ended_at)
        VALUES (${idBytes(id)}, 1, 1, 'late', NOW(3), NOW(3))`.execute(tx)
    })
  })
  after(async () => {
    await remove()
    await stack.drop()
  })

  const rangeOf = () => ({
    from: lowestAt(0),
    below: lowestAt(databaseNowMs(stack.db) + 60_000),
    rowsPerSecond: 1_000_000,
  })

  it('are written whole, with a manifest that agrees with tables and files', async () => {
    const folder = join(context.folder, 'p20260119')
    const manifest = await exportRange(stack.db, { folder, ...rangeOf() })
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')), manifest)
    for (const table of ARCHIVED_TABLES) {
      const bytes = await readFile(join(folder, `${table}.parquet`))
      const [row] = await look(stack.db, sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql.table(table)}`)
      assert.ok(row && row.n > 0, table)
      const written = { rows: row.n, bytes: bytes.length, sha256: sha256(bytes) }
      assert.deepEqual(manifest.tables[table], written, table)
      assert.equal(await one(`SELECT COUNT(*) FROM '${folder}/${table}.parquet'`), BigInt(row.n))
      const [shape] = await look(
        stack.db,
        sql<{ names: string }>`SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) AS names
          FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${table}`,
      )
      const names = await one(`SELECT string_agg(name, ',') FROM parquet_schema('${folder}/${table}.parquet')
        WHERE name <> 'duckdb_schema'`)
      assert.equal(names, shape?.names)
    }
    const sum = await one(`SELECT SUM(amount)::BIGINT FROM '${folder}/user_transactions.parquet'`)
    assert.equal(sum, 10_000n - 4_500n)
    assert.equal(await one(`SELECT hex(raw) FROM '${folder}/receipts.parquet'`), '00FF0A')
    assert.equal(
      await one(`SELECT text FROM '${folder}/sms_requests.parquet' WHERE NOT is_test`),
      'سلام\n"=1"',
    )
    assert.equal(
      await one(`SELECT typeof(sms_identifier) FROM '${folder}/sms_status.parquet' LIMIT 1`),
      'UUID',
    )
  })

  it('are continued with the first one that is missing', async () => {
    const folder = join(context.folder, 'continued')
    const range = rangeOf()
    const whole = await exportRange(stack.db, { folder, ...range })
    const { receipts, ...tables } = whole.tables
    assert.ok(receipts)
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...whole, tables } satisfies Manifest))
    await rm(join(folder, 'sms_status.parquet'))
    await exportRange(stack.db, { folder, ...range })
    await assert.rejects(
      readFile(join(folder, 'sms_status.parquet')),
      'what the manifest has is not written again',
    )
    await assert.rejects(
      exportRange(stack.db, { folder, ...range, from: lowestAt(1) }),
      /holds the identifiers/,
    )
  })

  it('are those of the range alone', async () => {
    const folder = join(context.folder, 'empty')
    const { tables } = await exportRange(stack.db, { folder, ...rangeOf(), below: lowestAt(1_000) })
    assert.deepEqual(
      Object.values(tables).map(({ rows }) => rows),
      ARCHIVED_TABLES.map(() => 0),
    )
  })
})

async function one(statement: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const [row] = (await connection.runAndReadAll(statement)).getRows()
  connection.closeSync()
  instance.closeSync()
  return row?.[0]
}
