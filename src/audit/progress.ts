import { sql } from 'kysely'
import type { Db } from '../platform/db/index.ts'
import type { OnProgress } from './audit.ts'
import { readBriefly } from './page.ts'
import type { Table } from './page.ts'
import { SCANNED } from './pass.ts'

/** A short audit prints nothing but its result. */
const LINE_EVERY_MS = 2_000

/**
 * The estimated rows of each table, because counting ten million takes as long as a part of the audit. MySQL caches its
 * estimates for a day by default; MariaDB does not have that setting.
 */
export async function estimateRows(db: Db): Promise<Map<Table, number>> {
  const tables = [...new Set(SCANNED)]
  const rows = await readBriefly(db, 'audit.estimate', async (reader) => {
    await sql`SET time_zone = '+00:00' /*!80000 , information_schema_stats_expiry = 0 */`.execute(reader)
    const found = await sql<{ name: Table; n: number | null }>`
      SELECT table_name AS name, table_rows AS n FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name IN (${sql.join(tables)})`.execute(reader)
    return found.rows
  })
  return new Map(rows.map(({ name, n }) => [name, Number(n ?? 0)]))
}

/**
 * Prints the examined share and the estimated remaining time, a line every two seconds.
 * @param scanned the tables of all scans; a table that is scanned twice is there twice.
 */
export function showProgress(
  estimated: Map<Table, number>,
  scanned: readonly Table[],
  print: (line: string) => void,
  nowMs: () => number = () => performance.now(),
): OnProgress {
  const startedAtMs = nowMs()
  const total = scanned.reduce((sum, table) => sum + (estimated.get(table) ?? 0), 0)
  let done = 0
  let printedAtMs = startedAtMs
  return ({ scan, rows }) => {
    done += rows
    const ms = nowMs()
    if (ms - printedAtMs < LINE_EVERY_MS) return
    printedAtMs = ms
    // The estimate may be too low, so a running audit is never shown as finished.
    const share = Math.min(0.99, done / Math.max(total, done, 1))
    const leftMs = (ms - startedAtMs) * (1 / Math.max(share, 0.001) - 1)
    const percent = `${Math.floor(share * 100)} %`.padStart(4)
    print(
      `audit: ${percent}, ${done} of about ${Math.max(total, done)} rows (${scan}), about ${clock(leftMs)} left`,
    )
  }
}

function clock(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
