import { accountRoutes } from '../accounts/routes/index.ts'
import type { AccountActions } from '../accounts/routes/index.ts'
import { deadlineRoutes } from '../deadlines/routes/index.ts'
import type { DeadlineActions } from '../deadlines/routes/index.ts'
import { deliveryRoutes } from '../delivery/routes/index.ts'
import type { DeliveryActions } from '../delivery/routes/index.ts'
import { exportsRoutes } from '../exports/routes/index.ts'
import type { ExportActions } from '../exports/routes/index.ts'
import { ledgerRoutes } from '../ledger/routes/index.ts'
import type { LedgerActions } from '../ledger/routes/index.ts'
import { messageRoutes } from '../messages/routes/index.ts'
import type { MessageActions } from '../messages/routes/index.ts'
import { opsPageRoutes } from '../ops/routes/index.ts'
import type { OpsActions } from '../ops/routes/index.ts'
import { receiptRoutes } from '../receipts/routes/index.ts'
import type { ReceiptActions } from '../receipts/routes/index.ts'
import { reportRoutes } from '../reports/routes/index.ts'
import type { ReportActions } from '../reports/routes/index.ts'
import { timelineRoutes } from '../timeline/routes/index.ts'
import type { TimelineActions } from '../timeline/routes/index.ts'
import { webhookRoutes } from '../webhooks/routes/index.ts'
import type { WebhookActions } from '../webhooks/routes/index.ts'
import { opsRoutes } from '../platform/http/index.ts'
import type { OpsOptions, Route } from '../platform/http/index.ts'

/** What the API routes need; they depend on nothing else of the slices. */
export type ApiActions = MessageActions &
  DeliveryActions &
  LedgerActions &
  AccountActions &
  ReceiptActions &
  TimelineActions & {
    webhooks: WebhookActions
    exports: ExportActions
    reports: ReportActions
    deadlines: DeadlineActions
    opsPage?: OpsActions
  }

/**
 * The single list of routes, both served and documented. A process without the API serves only the operations routes.
 */
export function listRoutes(ops: OpsOptions, api?: ApiActions): Route[] {
  const ofApi = api
    ? [
        ...messageRoutes(api),
        ...deliveryRoutes(api),
        ...ledgerRoutes(api),
        ...accountRoutes(api),
        ...receiptRoutes(api),
        ...timelineRoutes(api),
        ...webhookRoutes(api.webhooks),
        ...exportsRoutes(api.exports),
        ...reportRoutes(api.reports),
        ...deadlineRoutes(api.deadlines),
        ...(api.opsPage ? opsPageRoutes(api.opsPage) : []),
      ]
    : []
  return [...ofApi, ...opsRoutes(ops)]
}
