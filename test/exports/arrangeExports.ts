import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createExport, createExportFacts } from '../../src/exports/index.ts'
import type { ExportingOptions, ExportRequest, ExportView } from '../../src/exports/index.ts'
import { exportOnce } from '../../src/exports/jobs/keepExporting.ts'
import { readExport } from '../../src/exports/jobs/readExports.ts'
import { databaseNowMs, transact } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import { look, newIdOf } from '../support/arrange.ts'
import { memoryLog } from '../support/memoryLog.ts'

/** A folder and what a relay works with. */
export async function exportingTo(db: Db, options: Partial<ExportingOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'chapar-exports-'))
  const facts = createExportFacts(memoryLog().logger, createMetrics({ withRuntime: false }).registry)
  const context: ExportingOptions = {
    ...{ db, folder, facts, keepDays: 7, rowsPerSecond: 1_000_000, rowsMax: 1_000_000 },
    ...options,
  }
  return { context, remove: () => rm(folder, { recursive: true, force: true }) }
}

export async function ask(db: Db, request: Partial<ExportRequest> & { userId: number }): Promise<string> {
  const decision = await createExport(
    { db, newId: newIdOf(db) },
    {
      ...{ what: 'messages', format: 'ndjson', filters: {} },
      ...{ fromMs: databaseNowMs(db) - 86_400_000, untilMs: Math.floor(databaseNowMs(db)) + 1 },
      ...request,
    },
  )
  if (decision.kind !== 'created') throw new Error(`the export came to ${decision.kind}`)
  return decision.view.id
}

/** Ends the wait for transactions that are under way, and leases of processes that are gone. */
export async function makeExportsDue(db: Db): Promise<void> {
  await transact(db, 'test.due_exports', (tx) =>
    sql`UPDATE exports SET due_at = NOW(3) WHERE state IN ('queued', 'running')`.execute(tx),
  )
}

/** Works until nothing is due. */
export async function workOff(context: ExportingOptions): Promise<void> {
  await makeExportsDue(context.db)
  while ((await exportOnce(context, new AbortController().signal)) === 'worked');
}

export async function viewOf(db: Db, userId: number, id: string): Promise<ExportView> {
  const view = await readExport(db, { userId, id })
  if (!view) throw new Error(`there is no export ${id}`)
  return view
}

export async function fileOf(
  { db, folder }: ExportingOptions,
  id: string,
): Promise<{ path: string; bytes: Buffer }> {
  const rows = await look(db, sql<{ file: string }>`SELECT file FROM exports WHERE id = ${idBytes(id)}`)
  const path = join(folder, String(rows[0]?.file))
  return { path, bytes: await readFile(path) }
}

export function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function linesOf(bytes: Buffer): Record<string, unknown>[] {
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
