import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { NOW, insertRows, list, read } from '../../../src/platform/db/index.ts'
import type { Reader, Tx, Value } from '../../../src/platform/db/index.ts'
import { freshStack } from '../../support/servers.ts'
import type { Stack } from '../../support/servers.ts'

interface Row {
  no: number
  word: string
  bytes: Buffer | null
  at: Date
}

describe('rows and lists of values', () => {
  let stack: Stack
  before(async () => {
    stack = await freshStack()
  })
  after(() => stack.drop())

  /** A table of this session only: it ends with the connection. */
  async function withTable(work: (session: Reader) => Promise<void>): Promise<void> {
    await read(stack.db, 'test.rows', async (session) => {
      await sql`CREATE TEMPORARY TABLE listed (no INT, word VARCHAR(100), bytes BINARY(4), at DATETIME(3))
        CHARACTER SET utf8mb4`.execute(session)
      await work(session)
      await sql`DROP TEMPORARY TABLE listed`.execute(session)
    })
  }
  const insert = (session: Reader, rows: Value[][]) =>
    insertRows(session as Tx, sql`INSERT INTO listed (no, word, bytes, at)`, rows)
  const select = async (session: Reader, where = sql`TRUE`) =>
    (await sql<Row>`SELECT * FROM listed WHERE ${where} ORDER BY no`.execute(session)).rows

  it('are written in any number, each value as it is', () =>
    withTable(async (session) => {
      const words = ["it's", 'a \\ "b"', '? and :name', '😀', '), (1, 2, 3, 4', '']
      const rows = Array.from({ length: 1_201 }, (_, no) => [
        no,
        words[no % words.length] ?? '',
        no % 2 ? null : Buffer.from([0, 255, 39, no % 256]),
        NOW,
      ])
      await insert(session, rows)
      const written = await select(session)
      assert.deepEqual(
        written.map(({ no, word, bytes }) => [no, word, bytes]),
        rows.map(([no, word, bytes]) => [no, word, bytes]),
      )
      const { rows: late } = await sql`SELECT 1 FROM listed WHERE ABS(TIMESTAMPDIFF(SECOND, at, NOW(3))) > 60
        OR at IS NULL`.execute(session)
      assert.equal(late.length, 0)
    }))

  it('are found by a list of values and by a list of rows', () =>
    withTable(async (session) => {
      await insert(
        session,
        [1, 2, 3, 4].map((no) => [no, `w${no}`, Buffer.alloc(4, no), NOW]),
      )
      const numbers = (rows: Row[]) => rows.map(({ no }) => no)
      assert.deepEqual(numbers(await select(session, sql`no IN (${list([2, 4, 9])})`)), [2, 4])
      assert.deepEqual(numbers(await select(session, sql`bytes IN (${list([Buffer.alloc(4, 3)])})`)), [3])
      const pairs = [
        [Buffer.alloc(4, 1), 1],
        [Buffer.alloc(4, 2), 1],
        [Buffer.alloc(4, 4), 4],
      ]
      assert.deepEqual(numbers(await select(session, sql`(bytes, no) IN (${list(pairs)})`)), [1, 4])
    }))

  it('may be no rows at all, which writes nothing; a list of nothing is a fault', () =>
    withTable(async (session) => {
      await insert(session, [])
      assert.deepEqual(await select(session), [])
      assert.throws(() => list([]), /no values/)
    }))
})
