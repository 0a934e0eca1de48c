import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { SILENT_SECONDS } from './readProcesses.ts'

/** As JSON.stringify writes it: the state of another version may be no JSON that can be read here. */
const MARK = '%"notesChanges":true%'

/** @returns whether a process runs that leaves no notes for reports: one of a version before them. */
export async function hasOlderProcess(reader: Reader): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM process_states FORCE INDEX (idx_process_states_reported_at)
    WHERE reported_at > NOW(3) - INTERVAL ${sql.lit(SILENT_SECONDS)} SECOND AND state NOT LIKE ${MARK}
    LIMIT 1`.execute(reader)
  return rows.length > 0
}
