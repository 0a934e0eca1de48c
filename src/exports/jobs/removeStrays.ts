import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { list, read } from '../../platform/db/index.ts'
import type { Db } from '../../platform/db/index.ts'
import { identifierFromBytes, identifierToBytes } from '../../primitives/identifier.ts'
import { FILE_NAME, removeFile } from './files.ts'

/** A file that an export is about to name is younger. */
const STRAY_AFTER_MS = 3_600_000
const NAMES_PER_QUERY = 500

/** Removes files that no export names: of owners that were killed, and of exports that were deleted meanwhile. */
export async function removeStrays(
  { db, folder }: { db: Db; folder: string },
  nowMs = Date.now(),
): Promise<number> {
  let removed = 0
  let names: string[] = []
  const check = async () => {
    for (const name of await findUnnamed(db, names)) {
      await removeFile(folder, name)
      removed++
    }
    names = []
  }
  for await (const { name } of await opendir(folder)) {
    if (!FILE_NAME.test(name) || !(await isOld(join(folder, name), nowMs))) continue
    names.push(name)
    if (names.length === NAMES_PER_QUERY) await check()
  }
  await check()
  return removed
}

async function isOld(path: string, nowMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && nowMs - found.mtimeMs > STRAY_AFTER_MS
}

async function findUnnamed(db: Db, names: string[]): Promise<string[]> {
  if (names.length === 0) return []
  const ids = names.map((name) => identifierToBytes(idOf(name)))
  const kept = await read(db, 'exports.find_strays', async (reader) => {
    const { rows } = await sql<{ id: Buffer; file: string | null; owner: Buffer | null }>`
      SELECT id, file, owner FROM exports WHERE id IN (${list(ids)})`.execute(reader)
    return new Map(rows.map((row) => [identifierFromBytes(row.id), row]))
  })
  return names.filter((name) => {
    const row = kept.get(idOf(name))
    return !row || (row.file !== name && !(row.owner && name.includes(row.owner.toString('hex'))))
  })
}

function idOf(name: string): string {
  return FILE_NAME.exec(name)?.[1] as string
}
