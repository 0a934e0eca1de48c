import type { Kysely } from 'kysely'
import type { Connection } from 'mysql2'
import type { Schema } from '../../../db/schema.ts'
import { runStatement } from './session.ts'
import type { Reader } from './session.ts'

/** The database's clock as this process knows it. */
export interface Clock {
  /** Database time minus this process's monotonic time, in milliseconds. */
  offsetMs: number
  /** When it was measured, in monotonic time. */
  measuredAtMs: number
}

/** While a pool is in use its clock is measured this often, so that identifiers follow a step of the database's clock. */
const MEASURED_FOR_MS = 5_000

/** Follows the local clock until the first connection. */
export function openClock(): Clock {
  return { offsetMs: performance.timeOrigin, measuredAtMs: -Infinity }
}

/**
 * @returns the database's time in whole milliseconds since the epoch. It is monotonic time plus an offset: a step of
 * the local wall clock does not change it.
 */
export function databaseNowMs({ clock }: { clock: Clock }): number {
  return Math.floor(performance.now() + clock.offsetMs)
}

const clocks = new WeakMap<Kysely<Schema>, Clock>()

/** Lets who has the session ask for the time. */
export function giveClock(query: Kysely<Schema>, clock: Clock): void {
  clocks.set(query, clock)
}

/** @returns the database's time as `databaseNowMs` does, without a statement. */
export function nowMsIn(reader: Reader): number {
  const clock = clocks.get(reader)
  if (!clock) throw new Error('a session without a clock')
  return databaseNowMs({ clock })
}

/** Measures the clock, and reads `columns` in the same statement. @returns the row. */
export async function measureClock(
  clock: Clock,
  connection: Connection,
  columns = '1',
): Promise<Record<string, unknown>> {
  const askedAtMs = performance.now()
  const rows = await runStatement(connection, `SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 AS now_ms, ${columns}`)
  const answeredAtMs = performance.now()
  const [row = {}] = rows as Record<string, unknown>[]
  clock.offsetMs = Number(row['now_ms']) - (askedAtMs + answeredAtMs) / 2
  clock.measuredAtMs = answeredAtMs
  return row
}

/** Measures the clock again if that was long ago: one short statement in some seconds for a whole pool. */
export async function refreshClock(clock: Clock, connection: Connection): Promise<void> {
  const nowMs = performance.now()
  if (nowMs - clock.measuredAtMs < MEASURED_FOR_MS) return
  // Before the answer, so that one transaction of many does it.
  clock.measuredAtMs = nowMs
  await measureClock(clock, connection)
}
