import { randomOf } from '../../generator/random.ts'
import type { Database } from './database.ts'
import { addRow, drawInto, ROLLUP_COLUMNS, toValues } from './rollupRows.ts'
import type { RollupRows, Sender } from './rollupRows.ts'

const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
const DAY_MS = 86_400_000
/** As long as minutes are kept. */
const MINUTES_KEPT_MS = 8 * DAY_MS
const SEED = 20_260_102
/** Some 300 KiB. */
const ROWS_PER_INSERT = 1_000

/** Writes `days` days of rollups before now as the fold would have, each level the sum of the finer one. */
export async function fillRollups(
  database: Database,
  senders: readonly Sender[],
  days: number,
  say: (line: string) => void,
): Promise<{ rows: number; fromMs: number; untilMs: number }> {
  const random = randomOf(SEED)
  const untilMs = Math.floor(Date.now() / QUARTER_MS) * QUARTER_MS
  const fromMs = Math.floor(untilMs / DAY_MS) * DAY_MS - (days - 1) * DAY_MS
  const minutesFromMs = untilMs - MINUTES_KEPT_MS
  const table = openTables(database)
  for (let dayMs = fromMs; dayMs < untilMs; dayMs += DAY_MS) {
    const ofDay: RollupRows = new Map()
    for (let atMs = dayMs; atMs < Math.min(dayMs + DAY_MS, untilMs); atMs += QUARTER_MS) {
      const ofQuarter: RollupRows = new Map()
      if (atMs < minutesFromMs) for (const each of senders) drawInto(ofQuarter, each, QUARTER_MS, random)
      else
        for (let minuteMs = atMs; minuteMs < atMs + QUARTER_MS; minuteMs += MINUTE_MS) {
          const ofMinute: RollupRows = new Map()
          for (const each of senders) drawInto(ofMinute, each, MINUTE_MS, random)
          for (const row of ofMinute.values()) addRow(ofQuarter, row)
          await table.write('report_minutes', minuteMs, ofMinute)
        }
      for (const row of ofQuarter.values()) addRow(ofDay, row)
      await table.write('report_quarters', atMs, ofQuarter)
    }
    await table.write('report_days', dayMs, ofDay)
    say(`writing rollups: ${table.written()} rows, until ${new Date(dayMs + DAY_MS).toISOString()}`)
  }
  await table.flush()
  await database.run('ANALYZE TABLE report_minutes, report_quarters, report_days')
  await database.run('UPDATE report_positions SET folded_until = UNHEX(?)', [identifierAt(untilMs)])
  return { rows: table.written(), fromMs, untilMs }
}

/** Collects rows of each table for statements of many. */
function openTables(database: Database) {
  const waiting = new Map<string, unknown[][]>()
  let written = 0
  const send = async (table: string, rows: unknown[][]) => {
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT)
      await database.run(`INSERT INTO ${table} (${ROLLUP_COLUMNS}) VALUES ?`, [
        rows.slice(start, start + ROWS_PER_INSERT),
      ])
  }
  return {
    async write(table: string, atMs: number, rows: RollupRows): Promise<void> {
      const startedAt = new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
      const collected = [
        ...(waiting.get(table) ?? []),
        ...[...rows.values()].map((row) => toValues(startedAt, row)),
      ]
      written += rows.size
      if (collected.length >= ROWS_PER_INSERT) await send(table, collected)
      waiting.set(table, collected.length >= ROWS_PER_INSERT ? [] : collected)
    },
    async flush(): Promise<void> {
      for (const [table, rows] of waiting) await send(table, rows)
    },
    written: () => written,
  }
}

/** The highest identifier of a time. */
function identifierAt(ms: number): string {
  return ms.toString(16).padStart(12, '0').padEnd(32, 'f')
}
