import type { StepOptions } from '../platform/telemetry/index.ts'

type Attributes = NonNullable<StepOptions['attributes']>

/** What the spans of queue messages say, by OpenTelemetry's conventions for messaging. */
function attributesOf(queue: string, operation: string, type: string): Attributes {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': operation,
    'messaging.operation.type': type,
    'messaging.destination.name': queue,
  }
}

export function publishingAttributes(
  queue: string,
  { outboxId, bytes }: { outboxId: string; bytes: number },
): Attributes {
  return {
    ...attributesOf(queue, 'publish', 'send'),
    'messaging.rabbitmq.destination.routing_key': queue,
    'messaging.message.id': outboxId,
    'messaging.message.body.size': bytes,
  }
}

export function receivingAttributes(queue: string, outboxId: string): Attributes {
  return { ...attributesOf(queue, 'wait', 'receive'), 'messaging.message.id': outboxId }
}
