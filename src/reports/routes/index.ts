import type { Route } from '../../platform/http/index.ts'
import type { ReportActions } from './actions.ts'
import { describeReport, describeTop } from './describeReports.ts'
import type { ReportExample } from './describeReports.ts'
import { DELIVERY, MARGIN, MESSAGES, SPEND } from './kinds.ts'
import { handleAdminReport, handleReport } from './reports.ts'
import type { ReportKind } from './reports.ts'
import { handleAdminTop, handleTop } from './top.ts'

export type { ReportActions } from './actions.ts'

const SPENT = { messages: 1_840, parts: 2_311, charged_cents: 9_244, refunded_cents: 112, spent_cents: 9_132 }

const REPORTS: [ReportKind, ReportExample][] = [
  [MESSAGES, { summary: 'How much was sent', row: { messages: 1_840, parts: 2_311 } }],
  [SPEND, { summary: 'What was spent', row: SPENT }],
  [
    DELIVERY,
    {
      summary: 'Results of messages and how long they took',
      row: {
        ...{
          messages: 1_840,
          open: 2,
          sent: 15,
          delivered: 1_751,
          undelivered: 44,
          failed: 28,
          cancelled: 0,
        },
        ...{ delivered_share: 0.95163, undelivered_share: 0.023913, failed_share: 0.015217 },
        ...{ hand_over_mean_ms: 210, hand_over_p50_ms: 151, hand_over_p95_ms: 602, hand_over_p99_ms: 1_180 },
        ...{
          delivery_mean_ms: 4_310,
          delivery_p50_ms: 3_020,
          delivery_p95_ms: 11_900,
          delivery_p99_ms: 30_700,
        },
      },
    },
  ],
]

const COSTS = { revenue_cents: 9_132, cost_cents: 6_933, margin_cents: 2_199, cost_unknown: 0 }
const MARGINS: [ReportKind, ReportExample] = [
  MARGIN,
  {
    summary: 'What was earned beyond what operators charge',
    row: { messages: 1_840, parts: 2_311, ...COSTS },
  },
]

/** `GET /v1/reports/…`: a customer's own, and the admin's of all customers or of one. */
export function reportRoutes(actions: ReportActions): Route[] {
  const row = { operator: 'operator-a', ...SPENT }
  return [
    ...REPORTS.map(([kind, example]): Route => ({
      ...{ method: 'get', path: `/v1/reports/${kind.name}`, access: 'read' },
      ...{ operation: describeReport(kind, example, false), handle: handleReport(kind, actions) },
    })),
    {
      ...{ method: 'get', path: '/v1/reports/top', access: 'read' },
      ...{ operation: describeTop(row, false), handle: handleTop(actions) },
    },
    ...[...REPORTS, MARGINS].map(([kind, example]): Route => ({
      ...{ method: 'get', path: `/v1/admin/reports/${kind.name}`, access: 'admin' },
      ...{ operation: describeReport(kind, example, true), handle: handleAdminReport(kind, actions) },
    })),
    {
      ...{ method: 'get', path: '/v1/admin/reports/top', access: 'admin' },
      ...{ operation: describeTop({ ...row, ...COSTS }, true), handle: handleAdminTop(actions) },
    },
  ]
}
