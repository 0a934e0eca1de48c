import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { ReportResult } from '../../../db/schema.ts'
import type { MessageClass } from '../../primitives/messageClass.ts'
import { dateTime } from '../../platform/db/index.ts'
import type { Reader } from '../../platform/db/index.ts'
import type { Level } from '../levels.ts'
import type { Span } from './spans.ts'

/** What a report may be divided by, in the order of its columns. */
export const GROUPS = ['type', 'operator', 'country', 'status'] as const
export type Group = (typeof GROUPS)[number]

/** Columns of figures that a report may need, besides the messages. */
export type Column =
  | (
      | 'parts'
      | 'charged'
      | 'refunded'
      | 'cost'
      | 'costed'
      | 'handovers'
      | 'handover_ms'
      | 'deliveries'
      | 'delivery_ms'
    )
  | ('handover_sketch' | 'delivery_sketch')

/** A row of a level. What was not asked for is not there. */
export interface RollupRow extends Partial<
  Record<Exclude<Column, 'handover_sketch' | 'delivery_sketch'>, number>
> {
  /** Seconds since the epoch. */
  started_at: number
  /** Of rows of several levels. */
  level?: Level['table']
  status: ReportResult
  messages: number
  type?: MessageClass
  /** Empty where none took them. */
  operator?: string
  /** `ZZ` where it is not known. */
  country?: string
  /** Of rows that are sums of a customer's. */
  customer?: number
  handover_sketch?: Buffer | null
  delivery_sketch?: Buffer | null
}

/** Whose rows are read, and what of them. */
export interface RowsQuery {
  /** 0 for all customers. */
  userId: number
  groups: readonly Group[]
  columns: readonly Column[]
}

/**
 * @returns the rows of a customer in these spans, at most `rowsMax`, in the order of the spans and of time. They are added up
 * here: adding them up in SQL takes longer than sending them, unless it needs no temporary table. One statement reads them all,
 * so that no fold comes between them: an edge is taken away from a day that has it.
 */
export async function readRows(
  reader: Reader,
  { userId, groups, columns }: RowsQuery,
  spans: readonly Span[],
  rowsMax: number,
): Promise<RollupRow[]> {
  const wanted = [...groups.filter((group) => group !== 'status'), ...columns]
  const figures = sql.join(
    wanted.map((column) => sql`, ${sql.ref(column)}`),
    sql``,
  )
  const parts = [...Map.groupBy(spans, ({ level }) => level.table)].map(
    ([table, ofLevel]) => sql`(SELECT UNIX_TIMESTAMP(started_at) AS started_at, ${sql.lit(table)} AS level,
        result AS status, messages ${figures}
      FROM ${sql.table(table)} FORCE INDEX (PRIMARY)
      WHERE user_id = ${userId} AND (${sql.join(ofLevel.map(within), sql` OR `)})
      ORDER BY user_id, ${sql.table(table)}.started_at LIMIT ${rowsMax})`,
  )
  if (parts.length === 0) return []
  const { rows } = await sql<RollupRow>`${sql.join(parts, sql` UNION ALL `)} LIMIT ${rowsMax}`.execute(reader)
  return rows
}

export function within({ fromMs, toMs }: Span): RawBuilder<boolean> {
  return sql`started_at >= ${dateTime(fromMs)} AND started_at < ${dateTime(toMs)}`
}
