import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import { identifierFromBytes, madeAtMs } from '../../primitives/identifier.ts'
import { readPosition } from '../position.ts'
import { byEdges } from './dayEdges.ts'
import { POINTS_MAX, coarserFor, rangeOf, tooManyPoints } from './planReport.ts'
import type { ReportPlan, ReportRefusal } from './planReport.ts'
import { readRows } from './rows.ts'
import type { RowsQuery } from './rows.ts'
import { byTime, emptyPoint, sumRows } from './sumRows.ts'
import type { Point } from './sumRows.ts'

/** Of the tables, for one report: some 60 ms (docs/reports.md). */
const ROWS_MAX = 100_000
/** Where their sketches are read as well. */
const SKETCH_ROWS_MAX = 30_000

export interface ReportQuery extends RowsQuery {
  plan: ReportPlan
}

export interface Report {
  kind: 'report'
  points: Point[]
  /** Up to when every message of the range is counted. */
  completeToMs: number
}

/**
 * @returns the sums of a customer's messages by period, in the order of time. Without groups each period has a point, with
 * groups each that has messages; or why there are too many. @throws Unavailable.
 */
export function readReport(db: Db, query: ReportQuery): Promise<Report | ReportRefusal> {
  const { plan, groups, columns } = query
  const { granularity, periods, spans, edges } = plan
  const rowsMax = columns.includes('handover_sketch') ? SKETCH_ROWS_MAX : ROWS_MAX
  return read(db, 'reports.read', async (reader) => {
    const completeToMs = await readCompleteToMs(reader, plan)
    const rows = await readRows(reader, query, spans, rowsMax + 1)
    const last = rows[rowsMax]
    if (last) return tooLarge(plan, last.started_at * 1_000)
    const sums = sumRows(edges ? byEdges(rows, edges) : byTime(rows, periods), groups)
    if (sums.length > POINTS_MAX) return tooManyPoints({ granularity, ...rangeOf(periods) }, sums.length)
    return {
      ...{ kind: 'report', completeToMs },
      points: groups.length > 0 ? sums : withEmpty(sums, periods.starts.length),
    }
  })
}

/** Read first, so that what is read after it has at least these messages. */
export async function readCompleteToMs(reader: Reader, { periods }: ReportPlan): Promise<number> {
  return Math.min(madeAtMs(identifierFromBytes(await readPosition(reader))), periods.endMs)
}

/** @returns what can be asked for instead: coarser periods, or a range that ends before what is too much. */
export function tooLarge(plan: ReportPlan, excessMs: number): ReportRefusal {
  const { granularity, periods } = plan
  const readableToMs = periods.starts.findLast((startMs) => startMs <= excessMs)
  return {
    ...{ kind: 'too_large', granularity, proposed: coarserFor({ granularity, ...rangeOf(periods) }) },
    readableToMs: readableToMs === periods.starts[0] ? undefined : readableToMs,
  }
}

function withEmpty(points: Point[], count: number): Point[] {
  const all = Array.from({ length: count }, (_, index) => emptyPoint(index))
  for (const point of points) all[point.index] = point
  return all
}
