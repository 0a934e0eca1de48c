import { open, rename, rm } from 'node:fs/promises'
import type { Column, Row, WrittenFile } from '../columns.ts'
import { toNdjson } from '../encode/ndjson.ts'
import { hashFile } from '../hashFile.ts'
import { convertToParquet } from './convert.ts'

/**
 * Writes pages of rows, whose cells stand in the order of the columns, to a Parquet file at `path`, in bounded memory. The
 * file appears when it is complete and on disk; two more beside it hold what is not. @throws ParquetMissing.
 */
export async function writeParquet(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly Column[],
  path: string,
): Promise<WrittenFile> {
  const [ndjson, parquet] = [`${path}.ndjson`, `${path}.part`]
  try {
    const rows = await spool(pages, columns, ndjson)
    const converted = await convertToParquet(columns, { ndjson, parquet })
    if (converted !== rows) throw new Error(`${parquet} has ${converted} rows of ${rows}`)
    const written = await hashFile(parquet)
    await rename(parquet, path)
    return { rows, ...written }
  } finally {
    await Promise.all([rm(ndjson, { force: true }), rm(parquet, { force: true })])
  }
}

async function spool(
  pages: AsyncIterable<readonly Row[]>,
  columns: readonly Column[],
  path: string,
): Promise<number> {
  const file = await open(path, 'w')
  try {
    let rows = 0
    for await (const page of pages) {
      await file.appendFile(toNdjson(columns, page))
      rows += page.length
    }
    return rows
  } finally {
    await file.close()
  }
}
