import { createOutboxEvents } from '../../src/outbox/index.ts'
import type { RelaySettings } from '../../src/outbox/index.ts'
import type { Publisher } from '../../src/platform/broker/index.ts'
import { createMetrics } from '../../src/platform/telemetry/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import { newIdOf } from '../support/arrange.ts'
import { memoryLog } from '../support/memoryLog.ts'
import type { Stack } from '../support/servers.ts'

/** A relay of one class on a stack of the suite, one worker, and batches as the engine has them. */
export function relaySettings(stack: Stack, type: MessageClass, publisher: Publisher): RelaySettings {
  return {
    ...{ db: stack.db, publisher, type, queue: stack.queues[type] },
    events: createOutboxEvents(memoryLog().logger, createMetrics({ withRuntime: false }).registry),
    newId: newIdOf(stack.db),
    ...{ batchSizeMax: 2_000, rowsMax: 500 },
    concurrency: 1,
  }
}
