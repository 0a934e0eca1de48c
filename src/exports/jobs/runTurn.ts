import type { Db } from '../../platform/db/index.ts'
import { afterTimeout, pause } from '../../platform/loop.ts'
import type { Row } from '../columns.ts'
import { csvHead, toCsv } from '../encode/csv.ts'
import { toNdjson } from '../encode/ndjson.ts'
import { ParquetMissing } from '../parquet/duckdb.ts'
import { sourceOf } from '../sources/sourceOf.ts'
import type { Source, SourcePage } from '../types.ts'
import type { Claimed } from './claimNext.ts'
import { isDiskFull, nameOf, openPart, removeFile } from './files.ts'
import type { PartFile } from './files.ts'
import { finish } from './finish.ts'
import { keepProgress, markFailed, release, whileRenewing } from './writeOwned.ts'

export interface ExportContext {
  db: Db
  /** Storage that the roles api and relay share. */
  folder: string
  keepDays: number
  rowsPerSecond: number
  rowsMax: number
}

export type TurnResult =
  | { kind: 'done' | 'released' | 'lost'; rows: number }
  | { kind: 'failed'; rows: number; reason: FailureReason }

export type FailureReason = 'too_many_rows' | 'too_many_bytes' | 'disk_full' | 'parquet_missing' | 'gave_up'

/** Long enough for most files; then another customer's turn comes. */
const TURN_MS = 30_000
/** A page of the longest texts has some 10 MB. After a failure pages are smaller: a read may have taken too long. */
const ROWS_PER_PAGE = 1_000
const ROWS_PER_PAGE_MIN = 20
/** One file must not fill the storage. */
const BYTES_MAX = 10 * 1024 ** 3
/** Repeated claims without progress: the program, the storage or the rows are at fault. */
const FAILURES_MAX = 10

/** Works on an export for a while. @throws the fault; the export is due again when its lease ends. */
export async function runTurn(
  context: ExportContext,
  job: Claimed,
  stopping: AbortSignal,
): Promise<TurnResult> {
  const rowsBefore = job.rows
  const fail = async (reason: FailureReason): Promise<TurnResult> => {
    const isOurs = await markFailed(context.db, job, reason)
    if (isOurs) await removeFiles(context.folder, job)
    return isOurs ? { kind: 'failed', rows: 0, reason } : { kind: 'lost', rows: 0 }
  }
  if (job.failures >= FAILURES_MAX) return fail('gave_up')
  try {
    const kind = await writePages(context, job, stopping)
    return typeof kind === 'string' ? { kind, rows: job.rows - rowsBefore } : fail(kind.reason)
  } catch (error) {
    if (isDiskFull(error)) return fail('disk_full')
    if (error instanceof ParquetMissing) return fail('parquet_missing')
    throw error
  }
}

async function writePages(
  context: ExportContext,
  job: Claimed,
  stopping: AbortSignal,
): Promise<'done' | 'released' | 'lost' | { reason: FailureReason }> {
  const { db, folder, rowsPerSecond, rowsMax } = context
  const source = sourceOf(db, job)
  const part = await whileRenewing(db, job, () => openOrBegin(folder, job))
  const rowsPerPage = Math.max(ROWS_PER_PAGE_MIN, ROWS_PER_PAGE >> job.failures)
  const endsAtMs = performance.now() + TURN_MS
  try {
    while (!stopping.aborted && performance.now() < endsAtMs) {
      const startedAtMs = performance.now()
      const page = await source.readPage({ position: job.position, rowsMax: rowsPerPage })
      if (job.rows + page.rows.length > rowsMax) return { reason: 'too_many_rows' }
      if (!(await append(context, job, part, { source, page }))) return 'lost'
      if (job.bytes > BYTES_MAX) return { reason: 'too_many_bytes' }
      if (page.isLast) return (await finish(context, job, source.columns)) ? 'done' : 'lost'
      const dueInMs = (page.examined / rowsPerSecond) * 1_000 - (performance.now() - startedAtMs)
      await pause(dueInMs, stopping, afterTimeout).ended
    }
  } finally {
    await part.close()
  }
  return (await release(db, job)) ? 'released' : 'lost'
}

/** @returns the job's file. One whose bytes are lost is written again from the beginning. */
async function openOrBegin(folder: string, job: Claimed): Promise<PartFile> {
  const part = await openPart(folder, job)
  if (part) return part
  Object.assign(job, { file: null, position: null, rows: 0, bytes: 0, total: 0 })
  return (await openPart(folder, job)) as PartFile
}

/** Bytes are on disk before the row says so. @returns false when the export is not ours any more. */
async function append(
  { db, folder }: ExportContext,
  job: Claimed,
  part: PartFile,
  { source, page }: { source: Source; page: SourcePage },
): Promise<boolean> {
  const { file: fileBefore } = job
  job.bytes = await part.append(encode(job, source, page.rows))
  job.file = part.name
  job.position = page.position
  job.rows += page.rows.length
  job.total += page.total
  const isOurs = await keepProgress(db, job, page)
  if (isOurs && fileBefore !== null && fileBefore !== part.name) await removeFile(folder, fileBefore)
  return isOurs
}

function encode({ format, bytes }: Claimed, { columns }: Source, rows: Row[]): string {
  if (format !== 'csv') return toNdjson(columns, rows)
  return (bytes === 0 ? csvHead(columns) : '') + toCsv(columns, rows)
}

async function removeFiles(folder: string, job: Claimed): Promise<void> {
  const own = nameOf(job)
  const names = new Set([own, `${own}.parquet`, ...(job.file === null ? [] : [job.file])])
  for (const name of names) await removeFile(folder, name)
}
