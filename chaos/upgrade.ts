import { setTimeout as pause } from 'node:timers/promises'
import { loadMigrations, migrate } from '../src/platform/db/index.ts'
import type { EngineProcesses } from './stage/engineProcesses.ts'
import type { Version } from './stage/versions.ts'
import type { Tally } from './tally.ts'

/**
 * Of the time in which faults happen: when each step begins. The older program alone runs for some seconds each time,
 * and the present one for most of the run.
 */
const PLAN: readonly { kind: string; atShare: number; to?: Version }[] = [
  { kind: 'newer database', atShare: 0.1 },
  { kind: 'upgrade', atShare: 0.2, to: 'new' },
  { kind: 'rollback', atShare: 0.6, to: 'old' },
  { kind: 'upgrade again', atShare: 0.8, to: 'new' },
]
export const UPGRADE_KINDS = PLAN.map(({ kind }) => kind)

const TRIES_MAX = 60
const AGAIN_MS = 1_000

/** A column that no program knows, in a table that every role writes. */
const TRIAL_SQL = 'ALTER TABLE outbox_events ADD COLUMN chaos_trial INT NOT NULL DEFAULT 7'

/**
 * Under load: every process begins with the older program, the database becomes newer than both programs, and the
 * processes of each role change to the present program, back, and to the present one again, one after the other.
 * @returns whether the present program runs alone from here on.
 */
export async function upgrade(
  processes: EngineProcesses,
  databaseUrl: string,
  { durationMs, tally, say }: { durationMs: number; tally: Tally; say: (line: string) => void },
): Promise<boolean> {
  const startedAtMs = performance.now()
  let isOver = false
  for (const { kind, atShare, to } of PLAN) {
    await pause(Math.max(0, startedAtMs + durationMs * atShare - performance.now()))
    say(kind)
    try {
      await (to ? processes.changeTo(to) : applyTrial(databaseUrl))
      tally.noteFault(kind)
      isOver = to === 'new'
    } catch (error) {
      tally.noteProblem(`${kind}: ${String(error)}`)
      isOver = false
    }
  }
  return isOver
}

/** The present program's migrations and one more. Again for as long as the server is restarting. */
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
