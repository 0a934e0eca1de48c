import type { Db } from '../../platform/db/index.ts'
import type { Column } from '../columns.ts'
import { hashFile } from '../hashFile.ts'
import { convertToParquet } from '../parquet/convert.ts'
import type { Claimed } from './claimNext.ts'
import { nameOf, pathOf, removeFile } from './files.ts'
import { markDone, whileRenewing } from './writeOwned.ts'

/**
 * Ends the file of an export whose rows are all written, and offers it; an interrupted end is repeated. The checksum is
 * read from the disk, over the whole file.
 * @returns false when the export is not ours any more.
 */
export async function finish(
  { db, folder, keepDays }: { db: Db; folder: string; keepDays: number },
  job: Claimed,
  columns: readonly Column[],
): Promise<boolean> {
  const lines = job.file as string
  const isParquet = job.format === 'parquet'
  const file = isParquet ? `${nameOf(job)}.parquet` : lines
  const written = await whileRenewing(db, job, async () => {
    if (isParquet) {
      const paths = { ndjson: pathOf(folder, lines), parquet: pathOf(folder, file) }
      const rows = await convertToParquet(columns, paths)
      if (rows !== job.rows) throw new Error(`${file} has ${rows} rows of ${job.rows}`)
    }
    return hashFile(pathOf(folder, file))
  })
  if (!isParquet && written.bytes !== job.bytes)
    throw new Error(`${file} has ${written.bytes} bytes of ${job.bytes}`)
  const isOurs = await markDone(db, job, { file, ...written }, keepDays)
  if (isOurs && isParquet) await removeFile(folder, lines)
  return isOurs
}
