import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import { read } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'

/** One line of a plan in the columns that MySQL and MariaDB share. */
export interface PlanLine {
  table: string
  type: string
  key: string | null
  rows: number
  Extra: string | null
}

/** The plan of a statement. MySQL 9 answers with a tree unless told otherwise, MariaDB knows only the table. */
export async function explain(db: Db, statement: RawBuilder<unknown>): Promise<PlanLine[]> {
  return read(db, 'test.explain', async (reader) => {
    const version = await sql<{ v: string }>`SELECT VERSION() AS v`.execute(reader)
    const format = version.rows[0]?.v.includes('MariaDB') ? sql`` : sql`FORMAT=TRADITIONAL`
    return (await sql<PlanLine>`EXPLAIN ${format} ${statement}`.execute(reader)).rows
  })
}
