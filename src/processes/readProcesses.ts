import { sql } from 'kysely'
import type { Reader } from '../platform/db/index.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import { processState } from './state.ts'
import type { ProcessState } from './state.ts'

/** A process as it said of itself last. */
export interface RunningProcess {
  id: string
  roles: string[]
  version: string
  startedAt: Date
  reportedAt: Date
  state: ProcessState
}

/** A process that missed ten reports has ended, or hangs. */
export const SILENT_SECONDS = 10
const PROCESSES_MAX = 1_000

/** @returns the processes that are running. One of another version, whose state cannot be read, is left out. */
export async function readProcesses(reader: Reader): Promise<RunningProcess[]> {
  const { rows } = await sql<{
    id: Buffer
    roles: string
    version: string
    started_at: Date
    reported_at: Date
    state: string
  }>`SELECT id, roles, version, started_at, reported_at, state
    FROM process_states FORCE INDEX (idx_process_states_reported_at)
    WHERE reported_at > NOW(3) - INTERVAL ${sql.lit(SILENT_SECONDS)} SECOND
    ORDER BY reported_at LIMIT ${sql.lit(PROCESSES_MAX)}`.execute(reader)
  return rows.flatMap((row) => {
    const state = parse(row.state)
    if (!state) return []
    return {
      ...{ id: identifierFromBytes(row.id), roles: row.roles.split(','), version: row.version },
      ...{ startedAt: row.started_at, reportedAt: row.reported_at, state },
    }
  })
}

function parse(text: string): ProcessState | undefined {
  try {
    return processState.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
