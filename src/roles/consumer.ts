import { createDeliveryEvents, openDelivery, startConsumer } from '../delivery/index.ts'
import { createOperatorEvents, registerOperators } from '../operators/index.ts'
import { queuesOf, topology } from '../outbox/index.ts'
import { openSubscription } from '../platform/broker/index.ts'
import type { ReadinessCheck } from '../platform/http/index.ts'
import type { Part } from '../platform/lifecycle.ts'
import { CLASSES } from '../primitives/messageClass.ts'
import type { SharedResources } from './sharedResources.ts'
import { concurrencyOf, workBatchOf } from './concurrency.ts'
import { linkReporter } from './linkReporter.ts'

/** Envelopes in flight for each concurrent call: one is submitted, one claimed and one settled. */
const ENVELOPES_PER_CALL = 3

/** The role that is the only caller of operators: each class has its own connection, sockets and budget. */
export async function startConsumers(
  resources: SharedResources,
): Promise<{ parts: Part[]; checks: ReadinessCheck[] }> {
  const { config, pools, logger, metrics } = resources
  const operatorEvents = createOperatorEvents(logger, metrics.registry)
  const events = createDeliveryEvents(logger, metrics.registry)
  const operators = registerOperators({ operators: config.operators, events: operatorEvents })
  const queues = queuesOf(config.queues)
  const started = await Promise.all(
    CLASSES.map(async (type) => {
      const envelopesMax = config.operatorConcurrency * ENVELOPES_PER_CALL
      const deliver = openDelivery({
        db: pools.work[type],
        newId: resources.newId,
        type,
        operators: operators.of(type),
        callsMax: config.operatorConcurrency,
        recipientsInFlightMax: envelopesMax * config.operatorBatchMax,
        batchSizeMax: workBatchOf(config),
        concurrency: concurrencyOf(config, 'consumer'),
        unavailableGraceMs: config.unavailableGraceMs,
        unknownSubmissionsMax: config.unknownSubmissionsMax[type],
        events,
        operatorEvents,
      })
      const consumer = startConsumer({ type, concurrency: envelopesMax, operators, deliver, events })
      const subscription = await openSubscription({
        url: config.amqpUrl,
        name: `chapar consumer ${type}`,
        ...queues[type],
        queues: topology(queues),
        prefetch: envelopesMax,
        onDelivery: (delivery) => consumer.onDelivery(delivery),
        onState: linkReporter(logger),
      })
      return { type, consumer, subscription }
    }),
  )
  const close = async () => {
    // A slowly answering broker must not deliver more work during the shutdown.
    await Promise.all(
      started.flatMap(({ subscription, consumer }) => [subscription.stop(), consumer.drain()]),
    )
    await Promise.all(started.map(({ subscription }) => subscription.close()))
  }
  return {
    parts: [
      { name: 'operators', close: () => operators.close() },
      { name: 'consumers', takesWork: true, close },
    ],
    checks: started.map(({ type, subscription }) => ({
      name: `broker_consume_${type}`,
      run: () => (subscription.isUp() ? Promise.resolve() : Promise.reject(new Error('not connected'))),
    })),
  }
}
