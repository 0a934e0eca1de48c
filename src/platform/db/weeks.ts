import type { Connection } from 'mysql2'
import { runStatement } from './session.ts'
import { runDdl, withSchemaLock } from './schemaSession.ts'

export const WEEK_MS = 7 * 86_400_000
/** The epoch began on a Thursday. */
export const FIRST_MONDAY_MS = 4 * 86_400_000
/** The partition for everything beyond the last week. It stays, and is split while it is empty. */
export const LAST_PARTITION = 'p_last'

/** A table and its weekly partitions. */
export interface WeeklyTable {
  table: string
  partitions: ReadonlySet<string>
}

/** A partition bears the name of the Monday before which its rows were made: `p20261130`. */
export function partitionNameOf(mondayMs: number): string {
  return `p${new Date(mondayMs).toISOString().slice(0, 10).replaceAll('-', '')}`
}

/** @returns the Monday that a partition ends with, in milliseconds since the epoch. */
function mondayOf(partition: string): number {
  return Date.parse(`${partition.slice(1, 5)}-${partition.slice(5, 7)}-${partition.slice(7, 9)}T00:00:00Z`)
}

/** The tables that have a partition `p_last`, with the names of all their partitions. */
export async function readWeeklyTables(connection: Connection): Promise<WeeklyTable[]> {
  const rows = (await runStatement(
    connection,
    `SELECT TABLE_NAME AS table_name, PARTITION_NAME AS partition_name FROM information_schema.PARTITIONS
     WHERE TABLE_SCHEMA = DATABASE() AND PARTITION_METHOD = 'RANGE COLUMNS' ORDER BY TABLE_NAME`,
  )) as { table_name: string; partition_name: string }[]
  const tables = Map.groupBy(rows, (row) => row.table_name)
  return [...tables]
    .map(([table, parts]) => ({ table, partitions: new Set(parts.map((row) => row.partition_name)) }))
    .filter(({ partitions }) => partitions.has(LAST_PARTITION))
}

/** @returns the Mondays that the table's weekly partitions end with, the oldest first. */
export function mondaysOf({ partitions }: WeeklyTable): number[] {
  return [...partitions]
    .filter((name) => name !== LAST_PARTITION)
    .map(mondayOf)
    .sort((a, b) => a - b)
}

/**
 * Drops the table's partitions that end with this Monday or an earlier one, if there are any: rows below a boundary lie in
 * the lowest partition there is. It waits a second for the table at most, as statements behind it do.
 * @returns blocked when other sessions used the table meanwhile, such as a backup: nothing changed.
 */
export function dropPartitionsUntil(
  databaseUrl: string,
  table: string,
  mondayMs: number,
): Promise<'done' | 'blocked'> {
  return withSchemaLock(databaseUrl, async (connection) => {
    const tables = await readWeeklyTables(connection)
    const found = tables.find((each) => each.table === table)
    const names = (found ? mondaysOf(found) : []).filter((each) => each <= mondayMs).map(partitionNameOf)
    if (names.length === 0) return 'done'
    return runDdl(connection, `ALTER TABLE \`${table}\` DROP PARTITION ${names.join(', ')}`)
  })
}

/** The weekly tables of the database, read on a connection of its own. */
export function listWeeklyTables(databaseUrl: string): Promise<WeeklyTable[]> {
  return withSchemaLock(databaseUrl, readWeeklyTables)
}
