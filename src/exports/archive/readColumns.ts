import { sql } from 'kysely'
import { read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import type { Column } from '../columns.ts'

export interface TableShape {
  columns: Column[]
  /** The first column of the primary key, an identifier. */
  key: string
}

/** Asked of the database, so that a column that a migration adds is not forgotten. @throws Error without such a table. */
export function readColumns(db: Db, table: string): Promise<TableShape> {
  return read(db, 'exports.read_columns', async (reader) => {
    const { rows } = await sql<{ name: string; type: string; is_key: number }>`
      SELECT c.COLUMN_NAME AS name, c.COLUMN_TYPE AS type, k.COLUMN_NAME IS NOT NULL AS is_key
      FROM information_schema.COLUMNS c LEFT JOIN information_schema.STATISTICS k
        ON k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME AND k.COLUMN_NAME = c.COLUMN_NAME
          AND k.INDEX_NAME = 'PRIMARY' AND k.SEQ_IN_INDEX = 1
      WHERE c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = ${table} ORDER BY c.ORDINAL_POSITION`.execute(
      reader,
    )
    const key = rows.find((row) => row.is_key === 1)
    if (!key || typeOf(key.type) !== 'identifier') throw new Error(`${table} has no key of identifiers`)
    return { columns: rows.map(({ name, type }) => ({ name, type: typeOf(type) })), key: key.name }
  })
}

function typeOf(type: string): Column['type'] {
  if (type === 'binary(16)') return 'identifier'
  if (/^(?:var)?binary|blob/.test(type)) return 'bytes'
  if (type === 'tinyint(1)') return 'flag'
  if (/^(?:tiny|small|medium|big)?int/.test(type)) return 'integer'
  if (/^(?:datetime|timestamp)/.test(type)) return 'time'
  return 'text'
}
