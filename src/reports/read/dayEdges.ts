import { LEVELS, startOf } from '../levels.ts'
import type { Level } from '../levels.ts'
import type { Periods } from './periods.ts'
import type { RollupRow } from './rows.ts'
import type { Span } from './spans.ts'
import type { PeriodRows } from './sumRows.ts'

/** The quarters of an hour between the start of a zone's day and the nearest start of a UTC day. */
export interface DayEdge extends Span {
  /** Of the days of UTC, the one that the two periods are divided at instead. */
  baseMs: number
  /** Whether it lies before that time: then the ending period gains it and the next one loses it. */
  isBefore: boolean
}

const [DAYS, QUARTERS] = [levelOf('report_days'), levelOf('report_quarters')]

/** @returns an edge for the begin of each period and for the end of the last one. @param keptFromMs of the quarters. */
export function edgesOf({ starts, endMs }: Periods, keptFromMs: number): DayEdge[] {
  const { lengthMs } = DAYS
  return [...starts, endMs].map((atMs): DayEdge => {
    const dayMs = startOf(atMs, lengthMs)
    const isBefore = dayMs >= keptFromMs && atMs - dayMs <= lengthMs / 2
    return isBefore
      ? { level: QUARTERS, fromMs: dayMs, toMs: atMs, baseMs: dayMs, isBefore }
      : { level: QUARTERS, fromMs: atMs, toMs: dayMs + lengthMs, baseMs: dayMs + lengthMs, isBefore }
  })
}

/** @returns what is read for these edges: whole days of UTC, and the edges' quarters of an hour. */
export function spansOfEdges(edges: readonly DayEdge[]): Span[] {
  const [fromMs, toMs] = [edges[0]?.baseMs ?? 0, edges.at(-1)?.baseMs ?? 0]
  return [{ level: DAYS, fromMs, toMs }, ...edges].filter((span) => span.fromMs < span.toMs)
}

/**
 * Divides days of UTC and quarters between the days of another zone: a zone's day is the days of UTC between its ends, with an
 * edge added or taken away at each. So it has a few quarters to read instead of 96.
 */
export function byEdges(rows: readonly RollupRow[], edges: readonly DayEdge[]): PeriodRows[] {
  const ofDays = (level: Level) =>
    Map.groupBy(
      rows.filter((row) => row.level === level.table),
      (row) => startOf(row.started_at * 1_000, DAYS.lengthMs),
    )
  const [days, quarters] = [ofDays(DAYS), ofDays(QUARTERS)]
  const ofEdges = edges.map((edge) => {
    const ofDay = quarters.get(startOf(edge.fromMs, DAYS.lengthMs)) ?? []
    return ofDay.filter((row) => isWithin(row, edge))
  })
  return edges.slice(0, -1).map((begin, index) => {
    const end = edges[index + 1] as DayEdge
    const between: RollupRow[] = []
    for (let dayMs = begin.baseMs; dayMs < end.baseMs; dayMs += DAYS.lengthMs)
      between.push(...(days.get(dayMs) ?? []))
    const [atBegin, atEnd] = [ofEdges[index] ?? [], ofEdges[index + 1] ?? []]
    return {
      index,
      rows: [...between, ...(begin.isBefore ? [] : atBegin), ...(end.isBefore ? atEnd : [])],
      without: [...(begin.isBefore ? atBegin : []), ...(end.isBefore ? [] : atEnd)],
    }
  })
}

function isWithin({ started_at }: RollupRow, { fromMs, toMs }: { fromMs: number; toMs: number }): boolean {
  return started_at * 1_000 >= fromMs && started_at * 1_000 < toMs
}

function levelOf(table: Level['table']): Level {
  const found = LEVELS.find((level) => level.table === table)
  if (!found) throw new Error(`${table} is no level`)
  return found
}
