import {
  createEventLogFacts,
  keepRemovingEvents,
  keepSequencing,
  readOldestSeconds,
} from '../events/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { createDeliveryFacts, enqueue, keepDelivering, keepRemovingDeliveries } from '../webhooks/index.ts'
import type { SharedResources } from './sharedResources.ts'

/** What the relay does with events: it numbers them, delivers them and deletes old ones. */
export function startWebhooks({
  config,
  pools,
  logger,
  metrics,
  newId,
}: Pick<SharedResources, 'config' | 'pools' | 'logger' | 'metrics' | 'newId'>): Part[] {
  const { registry } = metrics
  const db = pools.work.normal
  const ofEvents = {
    db,
    facts: createEventLogFacts(logger, registry, () => readOldestSeconds(pools.requests)),
  }
  const sequencing = keepSequencing({
    ...ofEvents,
    onSequenced: (tx, events) => enqueue(tx, events, newId),
  })
  const ofDeliveries = {
    ...{ db, newId, sender: config.webhooks },
    facts: createDeliveryFacts(logger, registry),
  }
  const loops = {
    'sequencer of events': sequencing,
    'old events': keepRemovingEvents(ofEvents),
    ...Object.fromEntries(keepDelivering(ofDeliveries).map((lane, index) => [`webhooks ${index + 1}`, lane])),
    'old deliveries': keepRemovingDeliveries(ofDeliveries),
  }
  return Object.entries(loops).map(([name, loop]) => ({ name, takesWork: true, close: () => loop.close() }))
}
