import { createDeliveryEvents, openDelivery, slotMetrics, startConsumer } from '../delivery/index.ts'
import type { HealthFollower } from '../operators/index.ts'
import { queuesOf, topology } from '../outbox/index.ts'
import { openSubscription } from '../platform/broker/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'
import type { ReadinessCheck } from '../platform/http/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { SharedResources } from './sharedResources.ts'
import { concurrencyOf, workBatchOf } from './concurrency.ts'
import { openOperators } from './openOperators.ts'
import { startReceiptPolls } from './startReceiptPolls.ts'
import type { StateSources } from './reportState.ts'

/** Envelopes in flight for each concurrent call: one is submitted, one claimed and one settled. */
const ENVELOPES_PER_CALL = 3

/** What operators with a bound take in this time is claimed. More would be released again when its lease ends. */
const SECONDS_CLAIMED = 1

/** The role that is the only caller of operators: each class has its own connection, sockets and budget. */
export async function startConsumers(
  resources: SharedResources,
): Promise<{ parts: Part[]; checks: ReadinessCheck[]; reload: () => void; health: HealthFollower }> {
  const { config, pools, logger, metrics } = resources
  const events = createDeliveryEvents(logger, metrics.registry)
  const opened = await openOperators(resources)
  const { operators, health, events: operatorEvents, parts, reload } = opened
  const queues = queuesOf(config.queues)
  const onOpened = slotMetrics(metrics.registry)
  const started = await Promise.all(
    CLASSES.map(async (type) => {
      const envelopesMax = config.operatorConcurrency * ENVELOPES_PER_CALL
      const deliver = openDelivery({
        db: pools.work[type],
        newId: resources.newId,
        type,
        route: (tasks) => operators.route(type, tasks),
        testOperators: operators.ofTest(type),
        callsMax: config.operatorConcurrency,
        recipientsInFlightMax: () =>
          Math.min(envelopesMax * config.operatorBatchMax, operators.partsPerSecond(type) * SECONDS_CLAIMED),
        batchSizeMax: workBatchOf(config),
        concurrency: concurrencyOf(config, 'consumer'),
        retry: config.retry[type],
        validityMs: config.validityMs[type],
        onUnknown: config.onUnknown,
        unknownSubmissionsMax: config.unknownSubmissionsMax[type],
        events,
        deadlines: resources.deadlines,
        onOpened,
        operatorEvents,
        health,
      })
      const consumer = startConsumer({
        ...{ type, concurrency: envelopesMax, operators, deliver, events },
        ...{ queue: queues[type].queue, nowMs: () => databaseNowMs(pools.work[type]) },
      })
      const subscription = await openSubscription({
        url: config.amqpUrl,
        name: `chapar consumer ${type}`,
        ...queues[type],
        queues: topology(queues),
        prefetch: envelopesMax,
        onDelivery: (delivery) => consumer.onDelivery(delivery),
        onState: resources.onLinkState,
      })
      return { type, consumer, subscription }
    }),
  )
  Object.assign(resources.stateSources, {
    operators,
    recipientsInFlight: (wanted: MessageClass) =>
      started.find(({ type }) => type === wanted)?.consumer.recipientsInFlight() ?? 0,
  } satisfies StateSources)
  const close = async () => {
    // A slowly answering broker must not deliver more work during the shutdown.
    await Promise.all(
      started.flatMap(({ subscription, consumer }) => [subscription.stop(), consumer.drain()]),
    )
    await Promise.all(started.map(({ subscription }) => subscription.close()))
  }
  return {
    ...{ reload, health },
    parts: [...parts, startReceiptPolls(resources, opened), { name: 'consumers', takesWork: true, close }],
    checks: started.map(({ type, subscription }) => ({
      name: `broker_consume_${type}`,
      run: () => (subscription.isUp() ? Promise.resolve() : Promise.reject(new Error('not connected'))),
    })),
  }
}
