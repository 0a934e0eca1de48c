import { sql } from 'kysely'
import { recordChange } from '../../accounts/index.ts'
import { transact } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierToBytes, isIdentifier } from '../../primitives/identifier.ts'
import { removeFile } from './files.ts'
import type { ExportKey } from './readExports.ts'

/**
 * Deletes an export and its file; a relay that is working on it stops at its next page. @param admin who deletes a
 * customer's, which is recorded. @returns whether there was one.
 */
export async function deleteExport(
  { db, newId, folder }: { db: Db; newId: () => string; folder: string },
  { userId, id }: ExportKey,
  admin?: string,
): Promise<boolean> {
  if (!isIdentifier(id)) return false
  const logId = newId()
  const deleted = await transact(db, 'exports.delete', async (tx) => {
    const { rows } = await sql<{ file: string | null }>`
      SELECT file FROM exports WHERE id = ${identifierToBytes(id)} AND user_id = ${userId} FOR UPDATE`.execute(
      tx,
    )
    if (!rows[0]) return undefined
    await sql`DELETE FROM exports WHERE id = ${identifierToBytes(id)}`.execute(tx)
    const change = {
      actor: admin ?? '',
      action: 'export.delete',
      userId,
      details: { export_id: id },
    } as const
    if (admin !== undefined) await recordChange(tx, logId, change)
    return rows[0]
  })
  if (deleted?.file) await removeFile(folder, deleted.file)
  return deleted !== undefined
}
