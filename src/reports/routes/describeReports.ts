import { z } from 'zod'
import type { ZodOpenApiOperationObject } from 'zod-openapi'
import { customerNotFound } from '../../accounts/index.ts'
import { answer, DATABASE, invalidQuery, ofAccess, refusals, time } from '../../platform/http/index.ts'
import { GRANULARITIES, GROUPS, POINTS_MAX } from '../index.ts'
import { REPORT_REFUSALS } from './refuse.ts'
import { AdminReportQuery, AdminTopQuery, ReportQuery, SYNONYMS, TopQuery } from './reportQuery.ts'
import type { ReportKind } from './reports.ts'
import { groupFields } from './rowFields.ts'
import { adminTopFields, topFields } from './top.ts'

const localTime = (description: string) =>
  z.iso.datetime({ offset: true }).meta({ description: `${description}, by the clocks of \`time_zone\`` })

const rangeFields = {
  from: localTime('Where the range begins, widened to a whole period'),
  to: localTime('Where it ends, not included, likewise'),
  granularity: z.enum(GRANULARITIES),
  time_zone: z.string(),
  complete_to: time('Every message of the range that was accepted before is counted'),
  unsettled: z.int().meta({
    description:
      'Messages of the range that are open or sent: receipts, results and cancellations may still change their figures',
  }),
}

const currency = z.string().meta({ description: 'ISO 4217 code' })
const customer = z.uuid().nullable().meta({ description: 'As it was asked for; null for all customers' })

const DESCRIPTION =
  'Messages count in the period of their acceptance, one to two minutes after it, and test messages do not count. Without ' +
  '`group_by` each period has a row, with it each that has messages. Periods of a minute are kept for 8 days, hours and ' +
  'days of other time zones than UTC for 90, days of UTC for ever. Answered as `text/csv` where `Accept` asks for it, and ' +
  `with 304 where \`If-None-Match\` names the \`ETag\`. At most ${POINTS_MAX} rows.`

/** A row of the example, without its period, and the report in a few words. */
export interface ReportExample {
  summary: string
  row: Record<string, string | number | null>
}

const EXAMPLE_RANGE = {
  ...{ from: '2026-01-19T00:00:00+03:30', to: '2026-01-20T00:00:00+03:30', granularity: 'day' },
  ...{ time_zone: 'Asia/Tehran', complete_to: '2026-01-19T20:30:00.000Z', unsettled: 17 },
}

/** @returns the operation of a report by periods; the admin's is of all customers, or of one. */
export function describeReport(kind: ReportKind, example: ReportExample, isAdmins: boolean) {
  const name = capital(kind.name)
  const Row = z
    .object({ starts_at: localTime('When the period begins'), ...groupFields, ...kind.fields })
    .meta({ id: `${isAdmins ? 'Admin' : ''}${name}ReportRow` })
  const fields = {
    ...{ ...rangeFields, group_by: z.array(z.enum(GROUPS)) },
    ...(kind.isMoney && { currency }),
    rows: z.array(Row),
  }
  const row = { starts_at: EXAMPLE_RANGE.from, ...example.row }
  const values = { ...EXAMPLE_RANGE, group_by: [], ...(kind.isMoney && { currency: 'USD' }), rows: [row] }
  return describe({
    ...{ id: `report${name}`, answerId: `${name}Report`, summary: `${example.summary}, by period`, isAdmins },
    ...{ query: isAdmins ? AdminReportQuery : ReportQuery, fields, values },
  })
}

/** @returns the operation of a comparison. */
export function describeTop(row: ReportExample['row'], isAdmins: boolean) {
  const Row = z
    .object(isAdmins ? adminTopFields : topFields)
    .meta({ id: `${isAdmins ? 'Admin' : ''}TopReportRow` })
  const what = isAdmins ? 'operators, countries or customers' : 'operators or countries'
  const by = z.enum(isAdmins ? ['operator', 'country', 'customer'] : ['operator', 'country'])
  return describe({
    ...{ id: 'reportTop', answerId: 'TopReport', summary: `The ${what} with the most messages`, isAdmins },
    query: isAdmins ? AdminTopQuery : TopQuery,
    fields: { ...rangeFields, by, currency, rows: z.array(Row) },
    values: { ...EXAMPLE_RANGE, by: 'operator', currency: 'USD', rows: [row] },
  })
}

interface Described {
  id: string
  answerId: string
  summary: string
  isAdmins: boolean
  query: z.ZodObject
  /** Of the answer, and an example of each. */
  fields: z.ZodRawShape
  values: { rows: object[]; [member: string]: unknown }
}

function describe({
  id,
  answerId,
  summary,
  isAdmins,
  query,
  fields,
  values,
}: Described): ZodOpenApiOperationObject {
  const Answer = z
    .object({ ...(isAdmins && { customer }), ...fields })
    .meta({ id: `${isAdmins ? 'Admin' : ''}${answerId}` })
  const json = answer('The report', Answer, { ...(isAdmins && { customer: null }), ...values })
  const csv = { schema: z.string(), example: toCsvExample(values.rows) }
  return {
    operationId: isAdmins ? `${id}AsAdmin` : id,
    tags: [isAdmins ? 'admin' : 'reports'],
    summary,
    description: DESCRIPTION,
    requestParams: { query },
    responses: {
      '200': { ...json, content: { ...json.content, 'text/csv': csv } },
      '304': { description: 'The client has this answer already' },
      ...refusals([
        ...ofAccess(isAdmins ? 'admin' : 'read'),
        invalidQuery(query, { granularity: 'week', time_zone: 'Asia/Tehran' }, SYNONYMS),
        ...REPORT_REFUSALS,
        ...(isAdmins ? CUSTOMER : []),
        ...DATABASE,
      ]),
    },
  }
}

const CUSTOMER = [{ when: 'there is no such customer', example: customerNotFound() }]

function toCsvExample(rows: readonly object[]): string {
  const [row = {}] = rows
  return `${Object.keys(row).join()}\r\n${Object.values(row).join()}\r\n`
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
