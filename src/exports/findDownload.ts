import { sql } from 'kysely'
import { databaseNowMs, read } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { identifierToBytes, isIdentifier } from '../primitives/identifier.ts'
import { isSigned } from './signDownload.ts'
import type { Content, Format } from './types.ts'

/** A complete file, and the name that it is given to its reader by. */
export interface DownloadFile {
  /** In EXPORT_FOLDER. */
  file: string
  name: string
  format: Format
  userId: number
  sha256: string
}

interface Row {
  user_id: number
  what: Content
  format: Format
  secret: Buffer
  state: string
  file: string | null
  sha256: Buffer | null
}

/** @returns the file that a signed address names; `refused` when it is not signed or has expired, `gone` without a file. */
export async function findDownload(
  db: Db,
  { id, expiresSeconds, signature }: { id: string; expiresSeconds: number; signature: string },
): Promise<DownloadFile | 'refused' | 'gone'> {
  if (!isIdentifier(id) || expiresSeconds * 1_000 <= databaseNowMs(db)) return 'refused'
  const row = await read(db, 'exports.find_download', async (reader) => {
    const { rows } = await sql<Row>`SELECT user_id, what, format, secret, state, file, sha256 FROM exports
      WHERE id = ${identifierToBytes(id)}`.execute(reader)
    return rows[0]
  })
  const download = { id: id.toLowerCase(), userId: row?.user_id ?? 0, expiresSeconds }
  if (!row || !isSigned(row.secret, download, signature)) return 'refused'
  if (row.state !== 'done' || row.file === null || !row.sha256) return 'gone'
  const { format, file, user_id: userId } = row
  return {
    file,
    format,
    userId,
    name: fileNameOf({ ...row, id: download.id }),
    sha256: row.sha256.toString('hex'),
  }
}

export function fileNameOf({ what, format, id }: { what: Content; format: Format; id: string }): string {
  return `${what}-${id}.${format}`
}
