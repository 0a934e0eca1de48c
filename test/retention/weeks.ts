import { createConnection } from 'mysql2'
import type { Connection } from 'mysql2'
import { sql } from 'kysely'
import { openPageSize, withinDefaults } from '../../src/audit/index.ts'
import { topUp } from '../../src/ledger/index.ts'
import { migrate } from '../../src/platform/db/index.ts'
import type { Db } from '../../src/platform/db/index.ts'
import { ensurePartitions } from '../../src/platform/db/partitions.ts'
import { withSchemaLock } from '../../src/platform/db/schemaSession.ts'
import { runStatement } from '../../src/platform/db/session.ts'
import { identifierMaker } from '../../src/primitives/identifier.ts'
import { foldOnce } from '../../src/reports/index.ts'
import type { RetentionEvents } from '../../src/retention/index.ts'
import { runRound } from '../../src/retention/round.ts'
import type { RoundContext } from '../../src/retention/settings.ts'
import type { Reason } from '../../src/retention/types.ts'
import { refundOne } from '../ledger/refundOne.ts'
import { look, sendOne } from '../support/arrange.ts'
import { bytes } from '../audit/variedTables.ts'

export const DAY_MS = 86_400_000
export const WEEK_MS = 7 * DAY_MS
const FIRST_MONDAY_MS = 4 * DAY_MS

/** A database whose time a test may move on: weeks are made by the session's time, as the program makes them. */
export interface Weeks {
  databaseUrl: string
  db: Db
  /** The next Monday: the weeks of the tests lie ahead, as accepting refuses identifiers that are old. */
  mondayMs: number
  /** Gives the weeks from this time on their partitions, by the session's time. @returns the tables that were in use. */
  moveTo(ms: number): Promise<string[]>
  close(): void
}

/** With tables made anew, because partitions that are dropped do not come back. */
export async function openWeeks({ databaseUrl, db }: { databaseUrl: string; db: Db }): Promise<Weeks> {
  await renewTables({ databaseUrl })
  const connection = createConnection({ uri: databaseUrl, charset: 'utf8mb4', timezone: 'Z' })
  // The statement in flight rejects with the same error.
  connection.on('error', () => {})
  const nowMs = Date.now()
  return {
    ...{ databaseUrl, db },
    mondayMs: nowMs - ((nowMs - FIRST_MONDAY_MS) % WEEK_MS) + WEEK_MS,
    moveTo: (ms) => moveTo(connection, ms),
    close: () => connection.destroy(),
  }
}

/** With the partitions of the present. The engine and the test have no statement in flight. */
export async function renewTables({ databaseUrl }: { databaseUrl: string }): Promise<void> {
  await withSchemaLock(databaseUrl, async (connection) => {
    const rows = (await runStatement(connection, 'SHOW TABLES')) as Record<string, string>[]
    for (const table of rows.flatMap((row) => Object.values(row)))
      await runStatement(connection, `DROP TABLE ${table}`)
  })
  await migrate(databaseUrl)
}

/** Three times as many as the program makes: a year is made in four steps. */
const WEEKS_AHEAD = 12

async function moveTo(connection: Connection, ms: number): Promise<string[]> {
  await runStatement(
    connection,
    `SET time_zone = '+00:00', lock_wait_timeout = 1, timestamp = ${(ms / 1_000).toFixed(3)}`,
  )
  const tables = await ensurePartitions(connection, { weeksAhead: WEEKS_AHEAD })
  return tables.filter(({ state }) => state === 'blocked').map(({ table }) => table)
}

const DONE = sql`status = 'done', owner = REPEAT('o', 8), lease_until = NOW(3), attempts = 1, unconfirmed = 1,
  provider = 'operator-a', handed_over_at = NOW(3)`
const FAILED = sql`status = 'failed', owner = REPEAT('o', 8), lease_until = NOW(3), attempts = 1, unconfirmed = 1,
  provider = 'operator-a', failure_reason = 'rejected'`

export function identifierAt(ms: number): string {
  return identifierMaker(() => ms)()
}

export function fundAt(db: Db, userId: number, ms: number, amount = 1_000): Promise<unknown> {
  return topUp(db, { userId, amount, description: 'top-up' }, identifierAt(ms))
}

/** A message of two recipients that was accepted at this time: the first was sent, the second failed and was refunded. */
export async function sendAt(db: Db, userId: number, ms: number): Promise<string> {
  const id = await openAt(db, userId, ms)
  await finish(db, userId, id)
  return id
}

/** The same, still to be sent. */
export function openAt(db: Db, userId: number, ms: number): Promise<string> {
  return sendOne(db, { userId, to: 2, smsIdentifier: identifierAt(ms), clientReference: `order ${ms}` })
}

export async function finish(db: Db, userId: number, id: string): Promise<void> {
  await look(db, sql`UPDATE sms_status SET ${DONE} WHERE sms_identifier = ${bytes(id)} AND recipient_no = 1`)
  await refundOne(db, { userId, smsIdentifier: id, recipientNo: 2, amount: 1 })
  await look(
    db,
    sql`UPDATE sms_status SET ${FAILED} WHERE sms_identifier = ${bytes(id)} AND recipient_no = 2`,
  )
  await look(db, sql`DELETE FROM outbox_events WHERE sms_identifier = ${bytes(id)}`)
}

export interface Removal {
  context: RoundContext
  /** What stood against a week, in order. */
  held: Reason[]
  removed: string[]
  errors: unknown[]
}

const NO_EVENTS: RetentionEvents = {
  held: () => {},
  free: () => {},
  removed: () => {},
  textsRemoved: () => {},
  left: () => {},
  failed: () => {},
}

export const KEPT_MS = 42 * DAY_MS

/** Longer than the weeks of any test lie ahead. */
const AHEAD_MS = 1_000 * DAY_MS

/** Counts all there is for the reports, or what lies before a time: what is accepted later is counted by a later fold. */
export async function foldAll(db: Db, untilMs = Date.now() + AHEAD_MS): Promise<void> {
  for (;;) {
    const folded = await foldOnce(db, { countedAfterMs: Date.now() - untilMs })
    if (folded.kind !== 'folded') throw new Error(`the fold came to ${folded.kind}`)
    if (!folded.isFull) return
  }
}

/** A removal at a time, which remembers what it met. */
export function openRemoval(
  { db, databaseUrl }: Pick<Weeks, 'db' | 'databaseUrl'>,
  nowMs: () => number,
  others: Partial<RoundContext> = {},
): Removal {
  const held: Reason[] = []
  const removed: string[] = []
  const errors: unknown[] = []
  const context: RoundContext = {
    ...{ db, databaseUrl, nowMs, settledMs: 0, archiveFolder: undefined, numberKey: undefined },
    ...{ kept: { messagesMs: KEPT_MS }, limits: withinDefaults(), size: openPageSize(10) },
    events: {
      ...NO_EVENTS,
      held({ reason, error }) {
        held.push(reason)
        if (error !== undefined) errors.push(error)
      },
      removed: ({ kind, belowMs }) => removed.push(`${kind} ${new Date(belowMs).toISOString().slice(0, 10)}`),
    },
    ...others,
  }
  return { context, held, removed, errors }
}

/** A bound on rounds: a removal that goes on for ever is a fault. */
const ROUNDS_MAX = 500

/** Rounds until nothing more is to be done. */
export async function runRounds(context: RoundContext): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) if ((await runRound(context)) === 'idle') return
  throw new Error(`not at its end after ${ROUNDS_MAX} rounds`)
}

/** The weekly partitions of a table, without the last one. */
export async function partitionsOf(db: Db, table: string): Promise<string[]> {
  const rows = await look(
    db,
    sql<{ name: string }>`SELECT PARTITION_NAME AS name FROM information_schema.PARTITIONS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${table} AND PARTITION_NAME <> 'p_last'
      ORDER BY PARTITION_ORDINAL_POSITION`,
  )
  return rows.map(({ name }) => name)
}
