import { observeQuarantine } from '../delivery/index.ts'
import {
  createOutboxEvents,
  observeDepth,
  observeShares,
  openCustomerShares,
  queuesOf,
  startRelay,
  topology,
} from '../outbox/index.ts'
import type { CustomerShare } from '../outbox/index.ts'
import { openPublisher } from '../platform/broker/index.ts'
import type { ReadinessCheck } from '../platform/http/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { ProcessState } from '../processes/index.ts'
import type { SharedResources } from './sharedResources.ts'
import { concurrencyOf, workBatchOf } from './concurrency.ts'
import { openDeadLetterCounts } from './readDeadLetters.ts'
import { startUpkeep } from './upkeep.ts'

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
  const shares = openCustomerShares()
  observeShares(metrics.registry, shares)
  resources.stateSources.readCustomers = () => toCustomers(shares.recent('normal'))
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
        shares,
        newId,
        batchSizeMax: config.batchSizeMax,
        rowsMax: workBatchOf(config),
        concurrency: concurrencyOf(config, 'relay'),
      })
      return { type, publisher, loop }
    }),
  )
  resources.stateSources.readDeadLetters = openDeadLetterCounts(started, queues)
  return {
    parts: [
      ...started.flatMap(({ type, publisher, loop }) => [
        { name: `publisher ${type}`, close: () => publisher.close() },
        { name: `relay ${type}`, takesWork: true, close: () => loop.close() },
      ]),
      ...startUpkeep(resources),
    ],
    checks: started.map(({ type, publisher }) => ({
      name: `broker_publish_${type}`,
      run: () => (publisher.isReady() ? Promise.resolve() : Promise.reject(new Error('not connected'))),
    })),
    wake: (wanted) => started.find(({ type }) => type === wanted)?.loop.wake(),
  }
}

/** They are shown to people: a row of the process is written every second. */
const CUSTOMERS_REPORTED_MAX = 20

function toCustomers(shares: CustomerShare[]): ProcessState['customers'] {
  return {
    recipients: shares.reduce((sum, { recipients }) => sum + recipients, 0),
    most: shares
      .slice(0, CUSTOMERS_REPORTED_MAX)
      .map(({ waitMs, ...others }) => ({ ...others, waitMs: Math.round(waitMs) })),
  }
}
