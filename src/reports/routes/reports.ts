import type { z } from 'zod'
import { customerNotFound } from '../../accounts/index.ts'
import { note, readQuery } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { planReport, toPeriodText } from '../index.ts'
import type { Column, Group, Point, Report, ReportPlan, ReportRefusal } from '../index.ts'
import type { ReportActions } from './actions.ts'
import { answerReport } from './answerReport.ts'
import { toProblem } from './refuse.ts'
import { AdminReportQuery, ReportQuery, SYNONYMS, toGroups, toRequest } from './reportQuery.ts'
import { toGroupFields } from './rowFields.ts'

/** Reports differ in their figures. */
export interface ReportKind {
  name: 'messages' | 'spend' | 'delivery' | 'margin'
  /** What is read beside the messages. */
  columns: readonly Column[]
  /** Of a row, beside its period and groups. */
  fields: z.ZodRawShape
  toFields: (point: Point) => Record<string, number | null>
  isMoney: boolean
}

/** All customers together. */
const EVERYONE = 0

export function handleReport(kind: ReportKind, actions: ReportActions): Route['handle'] {
  return async (request, response, access) => {
    const query = readQuery(ReportQuery, request.query, SYNONYMS)
    const { userId } = customerOf(access)
    note(response, { customer_id: userId })
    const { answer, columns } = await report(kind, actions, { query, userId })
    answerReport(request, response, answer, columns)
  }
}

export function handleAdminReport(kind: ReportKind, actions: ReportActions): Route['handle'] {
  return async (request, response) => {
    const { customer, ...query } = readQuery(AdminReportQuery, request.query, SYNONYMS)
    const userId = await userIdOf(actions, customer)
    if (userId !== EVERYONE) note(response, { customer_id: userId })
    const { answer, columns } = await report(kind, actions, { query, userId })
    answerReport(request, response, { customer: customer ?? null, ...answer }, columns)
  }
}

/** @throws Problem 404 `customer_not_found`. */
export async function userIdOf(
  { findCustomer }: ReportActions,
  customer: string | undefined,
): Promise<number> {
  if (customer === undefined) return EVERYONE
  const found = await findCustomer(customer)
  if (!found) throw customerNotFound()
  return found.userId
}

/** @throws Problem 400 that says what is possible instead. */
export function granted<T extends { kind: string }>(given: T | ReportRefusal): Exclude<T, ReportRefusal> {
  switch (given.kind) {
    case 'too_many_points':
    case 'too_large':
    case 'not_kept':
      throw toProblem(given as ReportRefusal)
    default:
      return given as Exclude<T, ReportRefusal>
  }
}

/** What each answer says of its range and how complete it is. */
export function describeRange({ granularity, zone, periods }: ReportPlan, { points, completeToMs }: Report) {
  return {
    ...{ from: toPeriodText(periods, 0), to: toPeriodText(periods, periods.offsetsMs.length - 1) },
    ...{ granularity, time_zone: zone.name, complete_to: new Date(completeToMs).toISOString() },
    unsettled: points.reduce((sum, { results: { open, sent } }) => sum + open + sent, 0),
  }
}

async function report(
  kind: ReportKind,
  { currency, nowMs, readReport }: ReportActions,
  { query, userId }: { query: z.output<typeof ReportQuery>; userId: number },
) {
  const groups = toGroups(query.group_by)
  const atMs = nowMs()
  const plan = granted(planReport(toRequest(query, atMs), atMs))
  const found = granted(await readReport({ userId, plan, groups, columns: kind.columns }))
  const answer = {
    ...{ ...describeRange(plan, found), group_by: groups },
    ...(kind.isMoney && { currency }),
    rows: found.points.map((point) => ({
      starts_at: toPeriodText(plan.periods, point.index),
      ...toGroupFields(point),
      ...kind.toFields(point),
    })),
  }
  return { answer, columns: columnsOf(groups, kind) }
}

function columnsOf(groups: readonly Group[], { fields }: ReportKind): string[] {
  return ['starts_at', ...groups, ...Object.keys(fields)]
}
