import { createAuditEvents, startAudit } from '../audit/index.ts'
import {
  createExpiryEvents,
  createReleaseEvents,
  startCompensation,
  startExpiry,
  startReleases,
} from '../delivery/index.ts'
import { keepRemovingExpired } from '../idempotency/index.ts'
import { keepRemovingReferences } from '../messages/index.ts'
import { keepPartitionsAhead } from '../platform/db/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { SharedResources } from './sharedResources.ts'
import { startExporting } from './exports.ts'
import { startActing } from './startActing.ts'
import { startRemoval } from './startRemoval.ts'
import { startReports } from './startReports.ts'
import { startWebhooks } from './webhooks.ts'

/** Everything that recurs in the role `relay` beside publishing. */
export function startUpkeep(resources: SharedResources): Part[] {
  const { config, pools, logger, metrics } = resources
  const { registry } = metrics
  const db = pools.work.normal
  const limits = limitsOf(config)
  const audit = startAudit({ db, limits, events: createAuditEvents(logger, registry) })
  const partitions = keepPartitionsAhead({ databaseUrl: config.databaseUrl, logger, registry })
  const expired = keepRemovingExpired({ db, logger, registry })
  const references = keepRemovingReferences({ db, logger })
  const compensation = startCompensation({ db, logger, events: resources.deadlines })
  const releases = startReleases({ db, events: createReleaseEvents(logger, registry) })
  return [
    ...startExpiries(resources),
    { name: 'compensation', takesWork: true, close: () => compensation.close() },
    { name: 'releases of held prices', takesWork: true, close: () => releases.close() },
    { name: 'audit', takesWork: true, close: () => audit.close() },
    { name: 'partitions', takesWork: true, close: () => partitions.close() },
    { name: 'expired idempotency keys', takesWork: true, close: () => expired.close() },
    { name: 'old references of parts', takesWork: true, close: () => references.close() },
    ...startRemoval(resources, limits),
    startActing(resources),
    ...startReports(resources),
    ...startWebhooks(resources),
    ...startExporting(resources),
  ]
}

function startExpiries({ config, pools, logger, metrics, deadlines }: SharedResources): Part[] {
  const events = createExpiryEvents(logger, metrics.registry)
  return CLASSES.map((type) => {
    const loop = startExpiry({
      ...{ db: pools.work[type], type, events, deadlines, validityMs: config.validityMs[type] },
      unknownSubmissionsMax: config.unknownSubmissionsMax[type],
    })
    return { name: 'expiry', takesWork: true, close: () => loop.close() }
  })
}

/** What the audit has to know of the settings. */
function limitsOf({ unknownSubmissionsMax, validityMs, retry }: SharedResources['config']) {
  return {
    ...{ submissionsMax: unknownSubmissionsMax, validityMs },
    retryDelayMaxMs: { normal: retry.normal.maxDelayMs, express: retry.express.maxDelayMs },
  }
}
