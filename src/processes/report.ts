import { sql } from 'kysely'
import { transact } from '../platform/db/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { After } from '../platform/loop.ts'
import { oncePerMinute } from '../platform/telemetry/index.ts'
import type { Logger } from '../platform/telemetry/index.ts'
import { identifierToBytes } from '../primitives/identifier.ts'
import { OPERATORS_MAX } from './state.ts'
import type { ProcessState } from './state.ts'

/** Who reports. */
export interface Reporter {
  id: string
  roles: readonly string[]
  version: string
}

/** A page for people is live at this pace, and one small row a second costs nothing measurable. */
const REPORT_EVERY_MS = 1_000
/** A report that takes longer is given up: the next one follows. */
const TIMEOUT_MS = 2_000
/** Whatever its result, the next report says more. */
const ONCE = { timeoutMs: TIMEOUT_MS, triesMax: 1, resolve: () => Promise.resolve(undefined) }
/** Long after readers have left a silent process out. */
const REMOVED_AFTER_SECONDS = 60
const REMOVE_EVERY_REPORTS = 60
const REMOVED_MAX = 100

export interface ReportingOptions {
  db: Db
  reporter: Reporter
  logger: Logger
  readState: () => ProcessState | Promise<ProcessState>
  after?: After
}

/**
 * Reports once a second for as long as the process runs, and removes the rows of processes that did not end in order. One
 * that cannot write goes on without it.
 */
export function keepReporting({ db, reporter, logger, readState, after }: ReportingOptions): {
  close(): Promise<void>
} {
  const warn = oncePerMinute()
  const failed = (error: unknown) =>
    warn('report', 1, (count) => logger.warn('could not report the state of the process', { error, count }))
  let reports = 0
  const loop = startLoop({
    ...(after ? { after } : {}),
    idleMs: REPORT_EVERY_MS,
    onError: failed,
    runOnce: async () => {
      // A failure is no fault of the loop, which would wait for longer after it.
      await Promise.resolve(readState())
        .then((state) => report(db, reporter, state))
        .then(() => (reports++ % REMOVE_EVERY_REPORTS === 0 ? removeSilent(db) : undefined))
        .catch(failed)
      return 'idle'
    },
  })
  return {
    close: async () => {
      await loop.close()
      await leave(db, reporter).catch(failed)
    },
  }
}

/** Writes the row of a process. @throws Unavailable. */
export function report(db: Db, { id, roles, version }: Reporter, state: ProcessState): Promise<void> {
  const { operators } = state
  const operatorsOmitted = Math.max(0, operators.length - OPERATORS_MAX)
  const json = JSON.stringify({ ...state, operators: operators.slice(0, OPERATORS_MAX), operatorsOmitted })
  return transact(
    db,
    'processes.report',
    async (tx) => {
      await sql`INSERT INTO process_states (id, roles, version, started_at, reported_at, state)
        VALUES (${identifierToBytes(id)}, ${roles.join(',')}, ${version}, NOW(3), NOW(3), ${json})
        ON DUPLICATE KEY UPDATE reported_at = VALUES(reported_at), state = VALUES(state)`.execute(tx)
    },
    ONCE,
  )
}

/** In a transaction of its own, which holds no other row while it meets one that its process writes. @throws Unavailable. */
export async function removeSilent(db: Db): Promise<void> {
  await transact(
    db,
    'processes.remove_silent',
    (tx) =>
      sql`DELETE FROM process_states
      WHERE reported_at < NOW(3) - INTERVAL ${sql.lit(REMOVED_AFTER_SECONDS)} SECOND
      ORDER BY reported_at LIMIT ${sql.lit(REMOVED_MAX)}`.execute(tx),
    ONCE,
  )
}

async function leave(db: Db, { id }: Reporter): Promise<void> {
  await transact(
    db,
    'processes.leave',
    (tx) => sql`DELETE FROM process_states WHERE id = ${identifierToBytes(id)}`.execute(tx),
    ONCE,
  )
}
