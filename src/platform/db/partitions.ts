import type { Connection } from 'mysql2'
import { startLoop } from '../loop.ts'
import type { Loop } from '../loop.ts'
import { Gauge } from '../telemetry/index.ts'
import type { Logger, Registry } from '../telemetry/index.ts'
import { runDdl, withSchemaLock } from './schemaSession.ts'
import { runStatement } from './session.ts'
import { FIRST_MONDAY_MS, LAST_PARTITION, WEEK_MS, partitionNameOf, readWeeklyTables } from './weeks.ts'

/** The state of a table that is partitioned by ranges of its identifiers. */
export interface PartitionedTable {
  table: string
  /** Weeks that have a partition of their own, from the current one; 0 when new rows go into the last partition. */
  weeks: number
  /**
   * - ahead: nothing was to be done.
   * - split: partitions were added.
   * - blocked: other sessions use the table, such as a backup. The next call tries again.
   * - filled: its last partition holds too many rows, which a split would copy while nothing can be inserted.
   */
  state: 'ahead' | 'split' | 'blocked' | 'filled'
  /** Rows found in the last partition before it was split, counted up to a bound: 0 unless weeks ran out. */
  lastRows: number
}

export interface PartitionOptions {
  /** Replaces the database's time in tests. */
  nowMs?: number
  weeksAhead?: number
}

/** With a check every hour there are weeks to notice that partitions are no longer added. */
const WEEKS_AHEAD = 4
/** Copied within about a second; inserts wait meanwhile. */
const COPIED_ROWS_MAX = 10_000
const CHECK_EVERY_MS = 3_600_000

/**
 * Gives the current week and `weeksAhead` weeks after it a partition, in every table of the database that is
 * partitioned by RANGE COLUMNS on an identifier (UUIDv7) and has a partition `p_last`; call it under the schema lock. A
 * statement waits a second for its table at most: behind an old read view it would block all inserts.
 */
export async function ensurePartitions(
  connection: Connection,
  options: PartitionOptions = {},
): Promise<PartitionedTable[]> {
  const { weeksAhead = WEEKS_AHEAD, nowMs = await readNowMs(connection) } = options
  const thisMondayMs = nowMs - ((nowMs - FIRST_MONDAY_MS) % WEEK_MS)
  // The partition of a week ends with the Monday after it.
  const mondays = Array.from({ length: weeksAhead + 1 }, (_, index) => thisMondayMs + (index + 1) * WEEK_MS)
  const results: PartitionedTable[] = []
  for (const { table, partitions } of await readWeeklyTables(connection))
    results.push(await ensureTable(connection, table, partitions, mondays))
  return results
}

/**
 * Checks every hour, in any number of processes, whether partitions must be added. The metric shows how many weeks are
 * left.
 */
export function keepPartitionsAhead(settings: {
  databaseUrl: string
  logger: Logger
  registry: Registry
}): Loop {
  const { databaseUrl, logger, registry } = settings
  const weeksLeft = new Gauge({
    name: 'chapar_partition_weeks',
    help: 'Weeks with a partition of their own, from the current one, by table; 0 when they have run out',
    labelNames: ['table'] as const,
    registers: [registry],
  })
  return startLoop({
    idleMs: CHECK_EVERY_MS,
    onError: (error, retryInMs) =>
      logger.warn('could not check the partitions', { error, retry_in_ms: retryInMs }),
    runOnce: async () => {
      for (const result of await withSchemaLock(databaseUrl, (connection) => ensurePartitions(connection))) {
        weeksLeft.set({ table: result.table }, result.weeks)
        report(logger, result)
      }
      return 'idle'
    },
  })
}

function report(logger: Logger, { table, weeks, state, lastRows }: PartitionedTable): void {
  const facts = { table, weeks }
  if (state === 'blocked') logger.warn('adding partitions was blocked by another session', facts)
  if (state === 'filled') logger.warn('the last partition holds too many rows to be split', facts)
  if (state === 'split' && lastRows > 0)
    logger.warn('partitions added late, rows were copied', { ...facts, rows: lastRows })
  else if (state === 'split') logger.info('partitions added', facts)
}

async function ensureTable(
  connection: Connection,
  table: string,
  partitions: ReadonlySet<string>,
  mondays: readonly number[],
): Promise<PartitionedTable> {
  const existing = [...partitions].filter((name) => name !== LAST_PARTITION).sort()
  const latest = existing.at(-1) ?? ''
  // Ranges only grow upwards: a week before the latest partition belongs to it.
  const missing = mondays.filter((mondayMs) => partitionNameOf(mondayMs) > latest)
  const weeks = mondays.length - missing.length
  if (missing.length === 0) return { table, weeks, state: 'ahead', lastRows: 0 }
  const lastRows = await countLast(connection, table)
  if (lastRows > COPIED_ROWS_MAX) return { table, weeks, state: 'filled', lastRows }
  const ranges = missing.map(
    (mondayMs) => `PARTITION ${partitionNameOf(mondayMs)} VALUES LESS THAN (${boundOf(mondayMs)})`,
  )
  const sql =
    `ALTER TABLE \`${table}\` REORGANIZE PARTITION ${LAST_PARTITION} INTO (` +
    `${ranges.join(', ')}, PARTITION ${LAST_PARTITION} VALUES LESS THAN (MAXVALUE))`
  if ((await runDdl(connection, sql)) === 'blocked') return { table, weeks, state: 'blocked', lastRows }
  return { table, weeks: mondays.length, state: 'split', lastRows }
}

async function readNowMs(connection: Connection): Promise<number> {
  const rows = await runStatement(connection, 'SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 AS now_ms')
  return Number((rows as { now_ms: number }[])[0]?.now_ms)
}

async function countLast(connection: Connection, table: string): Promise<number> {
  const rows = await runStatement(
    connection,
    `SELECT COUNT(*) AS count FROM
       (SELECT 1 FROM \`${table}\` PARTITION (${LAST_PARTITION}) LIMIT ${COPIED_ROWS_MAX + 1}) AS bounded`,
  )
  return Number((rows as { count: number }[])[0]?.count)
}

/** The lowest identifier of that moment: 48 bits of milliseconds, then zeros. */
function boundOf(mondayMs: number): string {
  return `x'${mondayMs.toString(16).padStart(12, '0').padEnd(32, '0')}'`
}
