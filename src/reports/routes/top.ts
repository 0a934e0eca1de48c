import { z } from 'zod'
import { invalidField, note, readQuery } from '../../platform/http/index.ts'
import type { Route } from '../../platform/http/index.ts'
import { customerOf } from '../../primitives/access.ts'
import { planTotal } from '../index.ts'
import type { Point, Report } from '../index.ts'
import type { NamedCustomer, ReportActions } from './actions.ts'
import { answerReport } from './answerReport.ts'
import { describeRange, granted, userIdOf } from './reports.ts'
import { AdminTopQuery, SYNONYMS, TopQuery, toRequest } from './reportQuery.ts'
import {
  costFields,
  groupFields,
  spendFields,
  toCostFields,
  toGroupFields,
  toSpendFields,
} from './rowFields.ts'

export const topFields = {
  ...{ operator: groupFields.operator, country: groupFields.country },
  ...spendFields,
}

export const adminTopFields = {
  ...topFields,
  ...costFields,
  customer: z.uuid().nullable().optional().meta({ description: 'Null for one without a name' }),
  user_id: z.int().optional().meta({ description: "The customer's number in the routes without `/v1`" }),
  name: z.string().nullable().optional(),
}

/** `GET /v1/reports/top` */
export function handleTop(actions: ReportActions): Route['handle'] {
  return async (request, response, access) => {
    const query = readQuery(TopQuery, request.query, SYNONYMS)
    const { userId } = customerOf(access)
    note(response, { customer_id: userId })
    const { answer, columns } = await top(actions, query, { userId, isAdmins: false })
    answerReport(request, response, answer, columns)
  }
}

/** `GET /v1/admin/reports/top` */
export function handleAdminTop(actions: ReportActions): Route['handle'] {
  return async (request, response) => {
    const { customer, ...query } = readQuery(AdminTopQuery, request.query, SYNONYMS)
    if (customer !== undefined && query.by === 'customer')
      throw invalidField('by', 'compares customers, and `customer` names one')
    const userId = await userIdOf(actions, customer)
    const { answer, columns } = await top(actions, query, { userId, isAdmins: true })
    answerReport(request, response, { customer: customer ?? null, ...answer }, columns)
  }
}

/** Customers see neither cost nor margin. */
async function top(
  actions: ReportActions,
  query: z.output<typeof AdminTopQuery>,
  { userId, isAdmins }: { userId: number; isAdmins: boolean },
) {
  const { currency, nowMs, readTop, readTopCustomers, nameCustomers } = actions
  const { by, limit } = query
  const atMs = nowMs()
  const plan = granted(planTotal(toRequest(query, atMs), atMs))
  const report: Report = granted(
    by === 'customer' ? await readTopCustomers(plan) : await readTop({ userId, plan, by }),
  )
  const points = report.points.slice(0, limit)
  const named = by === 'customer' ? await nameCustomers(points.flatMap(({ customer }) => customer ?? [])) : []
  return {
    answer: {
      ...{ ...describeRange(plan, report), by, currency },
      rows: points.map((point) => ({
        ...{ ...toWhat(point, named), ...toSpendFields(point) },
        ...(isAdmins && toCostFields(point)),
      })),
    },
    columns: [
      ...(by === 'customer' ? ['customer', 'user_id', 'name'] : [by]),
      ...Object.keys({ ...spendFields, ...(isAdmins && costFields) }),
    ],
  }
}

function toWhat(point: Point, named: readonly NamedCustomer[]) {
  if (point.customer === undefined) return toGroupFields(point)
  const known = named.find(({ userId }) => userId === point.customer)
  return { customer: known?.publicId ?? null, user_id: point.customer, name: known?.name ?? null }
}
