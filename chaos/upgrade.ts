import { setTimeout as pause } from 'node:timers/promises'
import { loadMigrations, migrate } from '../src/platform/db/index.ts'
import type { EngineProcesses } from './stage/engineProcesses.ts'
import type { Tally } from './tally.ts'

/** Of the time in which faults happen: when the database becomes newer than every process, and when the old ones end. */
const MIGRATED_AT_SHARE = 0.33
const REPLACED_AT_SHARE = 0.66
const TRIES_MAX = 60
const AGAIN_MS = 1_000

/** A column that no program knows: readers and writers of the table ignore it. */
const TRIAL_SQL = 'ALTER TABLE sms_requests ADD COLUMN chaos_trial INT NULL'

/**
 * Under load and faults: processes of two versions run side by side, the database becomes newer than both, and the old
 * processes are replaced. Without old processes the database becomes newer all the same.
 */
export async function upgrade(
  processes: EngineProcesses,
  databaseUrl: string,
  { durationMs, tally, say }: { durationMs: number; tally: Tally; say: (line: string) => void },
): Promise<void> {
  await pause(durationMs * MIGRATED_AT_SHARE)
  await applyTrial(databaseUrl).then(
    () => tally.noteFault('newer database'),
    (error: unknown) => tally.noteProblem(`the trial migration: ${String(error)}`),
  )
  say('the database is newer than its programs')
  await pause(durationMs * (REPLACED_AT_SHARE - MIGRATED_AT_SHARE))
  if (await processes.replaceOld()) {
    tally.noteFault('old processes replaced')
    say('every process has this version')
  }
}

/** Again for as long as the server is restarting. */
async function applyTrial(databaseUrl: string): Promise<void> {
  const known = await loadMigrations()
  const trial = {
    version: Math.max(...known.map(({ version }) => version)) + 1,
    name: 'chaos_trial',
    sql: TRIAL_SQL,
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await migrate(databaseUrl, [...known, trial])
      return
    } catch (error) {
      if (attempt >= TRIES_MAX) throw error
      await pause(AGAIN_MS)
    }
  }
}
