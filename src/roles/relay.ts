import { createAuditEvents, startAudit } from '../audit/index.ts'
import { createExpiryEvents, observeQuarantine, startExpiry } from '../delivery/index.ts'
import { keepRemovingExpired } from '../idempotency/index.ts'
import { keepRemovingReferences } from '../messages/index.ts'
import { createOutboxEvents, observeDepth, queuesOf, startRelay, topology } from '../outbox/index.ts'
import { openPublisher } from '../platform/broker/index.ts'
import { keepPartitionsAhead } from '../platform/db/index.ts'
import type { ReadinessCheck } from '../platform/http/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { SharedResources } from './sharedResources.ts'
import { concurrencyOf, workBatchOf } from './concurrency.ts'
import { openDeadLetterCounts } from './readDeadLetters.ts'
import { startActing } from './startActing.ts'
import { startWebhooks } from './webhooks.ts'

export interface Relay {
  parts: Part[]
  checks: ReadinessCheck[]
  wake(type: MessageClass): void
}

/**
 * The role that is the only publisher: one loop and one publisher channel for each class, so that neither class blocks
 * the other.
 */
export async function startRelays(resources: SharedResources): Promise<Relay> {
  const { config, pools, logger, metrics, newId } = resources
  const events = createOutboxEvents(logger, metrics.registry)
  const queues = queuesOf(config.queues)
  resources.stateSources.readBacklog = observeDepth(metrics.registry, pools.requests)
  observeQuarantine(metrics.registry, pools.requests)
  const started = await Promise.all(
    CLASSES.map(async (type) => {
      const publisher = await openPublisher({
        url: config.amqpUrl,
        name: `chapar relay ${type}`,
        queues: topology(queues),
        onState: resources.onLinkState,
      })
      const loop = startRelay({
        db: pools.work[type],
        publisher,
        type,
        queue: queues[type].queue,
        events,
        newId,
        batchSizeMax: config.batchSizeMax,
        rowsMax: workBatchOf(config),
        concurrency: concurrencyOf(config, 'relay'),
      })
      return { type, publisher, loop }
    }),
  )
  resources.stateSources.readDeadLetters = openDeadLetterCounts(started, queues)
  const { registry } = metrics
  const partitions = keepPartitionsAhead({ databaseUrl: config.databaseUrl, logger, registry })
  const expired = keepRemovingExpired({ db: pools.work.normal, logger, registry })
  const references = keepRemovingReferences({ db: pools.work.normal, logger })
  const expiryEvents = createExpiryEvents(logger, registry)
  const expiry = CLASSES.map((type) =>
    startExpiry({
      ...{ db: pools.work[type], type, events: expiryEvents, validityMs: config.validityMs[type] },
      unknownSubmissionsMax: config.unknownSubmissionsMax[type],
    }),
  )
  const audit = startAudit({
    db: pools.work.normal,
    events: createAuditEvents(logger, metrics.registry),
    limits: {
      submissionsMax: config.unknownSubmissionsMax,
      validityMs: config.validityMs,
      retryDelayMaxMs: { normal: config.retry.normal.maxDelayMs, express: config.retry.express.maxDelayMs },
    },
  })
  return {
    parts: [
      ...started.flatMap(({ type, publisher, loop }) => [
        { name: `publisher ${type}`, close: () => publisher.close() },
        { name: `relay ${type}`, takesWork: true, close: () => loop.close() },
      ]),
      ...expiry.map((loop) => ({ name: 'expiry', takesWork: true, close: () => loop.close() })),
      { name: 'audit', takesWork: true, close: () => audit.close() },
      { name: 'partitions', takesWork: true, close: () => partitions.close() },
      { name: 'expired idempotency keys', takesWork: true, close: () => expired.close() },
      { name: 'old references of parts', takesWork: true, close: () => references.close() },
      startActing(resources),
      ...startWebhooks(resources),
    ],
    checks: started.map(({ type, publisher }) => ({
      name: `broker_publish_${type}`,
      run: () => (publisher.isReady() ? Promise.resolve() : Promise.reject(new Error('not connected'))),
    })),
    wake: (wanted) => started.find(({ type }) => type === wanted)?.loop.wake(),
  }
}
