import { sql } from 'kysely'
import { read } from '../../platform/db/index.ts'
import type { Db, Reader } from '../../platform/db/index.ts'
import type { ReportPlan, ReportRefusal } from './planReport.ts'
import { findExcess } from './findExcess.ts'
import { readCompleteToMs, readReport, tooLarge } from './readReport.ts'
import type { Report } from './readReport.ts'
import { within } from './rows.ts'
import type { RollupRow } from './rows.ts'
import type { Span } from './spans.ts'
import { byTime, sumRows } from './sumRows.ts'
import type { Point } from './sumRows.ts'

const COLUMNS = ['parts', 'charged', 'refunded', 'cost', 'costed'] as const

export interface TopQuery {
  /** 0 for all customers. */
  userId: number
  /** Of the whole range. */
  plan: ReportPlan
  by: 'operator' | 'country'
}

/** Rows of all customers together: some thousand customers by days for a month, within a second. */
const CUSTOMER_ROWS_MAX = 500_000

/** @returns a point for each operator or country, the most messages first; or why there are too many. @throws Unavailable. */
export async function readTop(db: Db, { by, ...query }: TopQuery): Promise<Report | ReportRefusal> {
  const report = await readReport(db, { ...query, groups: [by], columns: COLUMNS })
  if (report.kind === 'report') report.points.sort(byMessages)
  return report
}

/** @returns a point for each customer, the most messages first; or why there are too many. @throws Unavailable. */
export function readTopCustomers(db: Db, plan: ReportPlan): Promise<Report | ReportRefusal> {
  return read(db, 'reports.read_top_customers', async (reader) => {
    const completeToMs = await readCompleteToMs(reader, plan)
    const excessMs = await findExcess(reader, plan.spans, CUSTOMER_ROWS_MAX)
    if (excessMs !== undefined) return tooLarge(plan, excessMs)
    const rows: RollupRow[] = []
    for (const span of plan.spans) rows.push(...(await sumByCustomer(reader, span)))
    return {
      kind: 'report',
      points: sumRows(byTime(rows, plan.periods), ['customer']).sort(byMessages),
      completeToMs,
    }
  })
}

function byMessages(one: Point, other: Point): number {
  return other.messages - one.messages
}

async function sumByCustomer(reader: Reader, span: Span): Promise<RollupRow[]> {
  const { rows } = await sql<RollupRow & { customer: number }>`
    SELECT user_id AS customer, result AS status, SUM(messages) AS messages, SUM(parts) AS parts,
           SUM(charged) AS charged, SUM(refunded) AS refunded, SUM(cost) AS cost, SUM(costed) AS costed
    FROM ${sql.table(span.level.table)}
    WHERE user_id > 0 AND ${within(span)} GROUP BY user_id, result`.execute(reader)
  // A sum of BIGINT is a DECIMAL, which comes as a text.
  return rows.map(({ customer, status, messages, parts, charged, refunded, cost, costed }) => ({
    ...{ started_at: span.fromMs / 1_000, customer, status, messages: Number(messages) },
    ...{ parts: Number(parts), charged: Number(charged), refunded: Number(refunded) },
    ...{ cost: Number(cost), costed: Number(costed) },
  }))
}
