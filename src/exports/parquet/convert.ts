import { dirname, join } from 'node:path'
import type { Column, ColumnType } from '../columns.ts'
import { loadDuckDb } from './duckdb.ts'

/** Of the engine's own memory, beside some 30 MB that it needs for itself. */
const MEMORY_MB_MAX = 96
/** One group is in memory: 32 MB with the longest texts. */
const ROWS_PER_GROUP = 20_480
/** Above the longest line: a text of 1,600 characters, each written as an escape of 12, or a receipt of 64 kB in hex. */
const LINE_BYTES_MAX = 1024 * 1024

const READ_AS: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  word: 'VARCHAR',
  integer: 'BIGINT',
  flag: 'BOOLEAN',
  time: 'VARCHAR',
  identifier: 'VARCHAR',
  bytes: 'VARCHAR',
}

const WRITE_AS: Partial<Record<ColumnType, (name: string) => string>> = {
  time: (name) => `${name}::TIMESTAMPTZ`,
  identifier: (name) => `${name}::UUID`,
  bytes: (name) => `unhex(${name})`,
}

/**
 * Writes lines of JSON as a Parquet file, in their order and in bounded memory; what does not fit goes to a folder beside it.
 * An interrupted one is repeated from the start. @returns how many there are. @throws ParquetMissing.
 */
export async function convertToParquet(
  columns: readonly Column[],
  { ndjson, parquet }: { ndjson: string; parquet: string },
): Promise<number> {
  const { DuckDBInstance } = await loadDuckDb()
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${MEMORY_MB_MAX}MB`,
    threads: '1',
    temp_directory: join(dirname(parquet), 'duckdb'),
    // It loads nothing from the internet.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    const copied = await connection.runAndReadAll(copyStatement(columns, { ndjson, parquet }))
    connection.closeSync()
    return Number(copied.getRows()[0]?.[0])
  } finally {
    instance.closeSync()
  }
}

function copyStatement(
  columns: readonly Column[],
  { ndjson, parquet }: { ndjson: string; parquet: string },
): string {
  const read = columns.map(({ name, type }) => `${quoteName(name)}: ${quote(READ_AS[type])}`)
  const written = columns.map(({ name, type }) => {
    const value = WRITE_AS[type]?.(quoteName(name)) ?? quoteName(name)
    return `${value} AS ${quoteName(name)}`
  })
  return `COPY (SELECT ${written.join(', ')} FROM read_json(${quotePath(ndjson)}, format = 'newline_delimited',
      maximum_object_size = ${LINE_BYTES_MAX}, columns = {${read.join(', ')}}))
    TO ${quotePath(parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROWS_PER_GROUP})`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Names of files are patterns to the engine. */
function quotePath(path: string): string {
  if (/[*?[\]{}]/.test(path)) throw new Error(`a path with none of *?[]{} is needed, not ${path}`)
  return quote(path)
}
