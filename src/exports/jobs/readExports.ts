import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { ExportState } from '../../../db/schema.ts'
import { databaseNowMs, read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'
import { DOWNLOAD_SECONDS, signDownload } from '../signDownload.ts'
import type { Content, ExportView, Filters, Format } from '../types.ts'

export interface ExportKey {
  userId: number
  id: string
}

export interface ExportsPage {
  exports: ExportView[]
  nextBefore: string | null
}

interface Row {
  id: Buffer
  user_id: number
  what: Content
  format: Format
  from_at: Date
  until_at: Date
  filters: string
  secret: Buffer
  state: ExportState
  reason: string | null
  due_at: Date
  reached_at: Date | null
  row_count: number
  byte_count: number
  total: number
  sha256: Buffer | null
  created_at: Date
  started_at: Date | null
  ended_at: Date | null
}

/** @returns a customer's exports, newest first. */
export function listExports(
  db: Db,
  { userId, limit, before }: { userId: number; limit: number; before?: string | undefined },
): Promise<ExportsPage> {
  return read(db, 'exports.list', async (reader) => {
    const below = before === undefined ? sql`` : sql`AND id < ${identifierToBytes(before)}`
    const rows = await select(
      reader,
      sql`user_id = ${userId} ${below} ORDER BY id DESC LIMIT ${sql.lit(limit + 1)}`,
    )
    const exports = rows.slice(0, limit).map((row) => toView(row, databaseNowMs(db)))
    return { exports, nextBefore: rows.length > limit ? (exports.at(-1)?.id ?? null) : null }
  })
}

/** @returns undefined for another customer's, and for a text that is no identifier. */
export function readExport(db: Db, key: ExportKey): Promise<ExportView | undefined> {
  if (!isIdentifier(key.id)) return Promise.resolve(undefined)
  return read(db, 'exports.read', (reader) => findExport(reader, key, databaseNowMs(db)))
}

/** @param nowMs from which an address of its file holds. */
export async function findExport(
  reader: Reader,
  { userId, id }: ExportKey,
  nowMs: number,
): Promise<ExportView | undefined> {
  const [row] = await select(reader, sql`id = ${identifierToBytes(id)} AND user_id = ${userId}`)
  return row && toView(row, nowMs)
}

async function select(reader: Reader, where: RawBuilder<unknown>): Promise<Row[]> {
  const { rows } = await sql<Row>`
    SELECT id, user_id, what, format, from_at, until_at, filters, secret, state, reason, due_at, reached_at, row_count, byte_count,
           total, sha256, created_at, started_at, ended_at
    FROM exports WHERE ${where}`.execute(reader)
  return rows
}

function toView(row: Row, nowMs: number): ExportView {
  const id = identifierFromBytes(row.id)
  const expiresSeconds = Math.floor(nowMs / 1_000) + DOWNLOAD_SECONDS
  const signature = signDownload(row.secret, { id, userId: row.user_id, expiresSeconds })
  const [fromMs, untilMs] = [row.from_at.getTime(), row.until_at.getTime()]
  return {
    ...{ id, userId: row.user_id, what: row.what, format: row.format },
    ...{ fromMs, untilMs, filters: JSON.parse(row.filters) as Filters },
    ...{ state: row.state, reason: row.reason, rows: row.row_count, bytes: row.byte_count, total: row.total },
    share: shareOf(row, fromMs, untilMs),
    sha256: row.sha256?.toString('hex') ?? null,
    ...{ createdAt: row.created_at, startedAt: row.started_at, endedAt: row.ended_at },
    expiresAt: row.state === 'done' ? row.due_at : null,
    download: row.state === 'done' ? { signature, expiresSeconds } : null,
  }
}

/** In time, which is known before the rows are counted. The last step, which ends the file, is left out. */
function shareOf({ state, reached_at: reachedAt }: Row, fromMs: number, untilMs: number): number {
  if (state === 'done' || state === 'expired') return 1
  if (!reachedAt) return 0
  const share = (reachedAt.getTime() - fromMs) / (untilMs - fromMs)
  return Math.floor(Math.min(0.99, Math.max(0, share)) * 100) / 100
}
