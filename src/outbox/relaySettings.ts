import type { Publisher } from '../platform/broker/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { After } from '../platform/loop.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { CustomerShares } from './customerShares.ts'
import type { OutboxEvents } from './events.ts'

/** What the relay of one class needs. */
export interface RelaySettings {
  db: Db
  publisher: Publisher
  type: MessageClass
  queue: string
  events: OutboxEvents
  /** What is noted for each customer; nothing, if left out. */
  shares?: Pick<CustomerShares, 'note'>
  newId: () => string
  /** Recipients of one claim and, up to 100, of one envelope. */
  batchSizeMax: number
  /** Outbox rows of one claim. */
  rowsMax: number
  /** Claims at once. With batches, one leaves capacity to the other class; without batches more are needed. */
  concurrency: number
  /** Monotonic milliseconds, and the timers that go by them; a test has its own. */
  nowMs?: () => number
  after?: After
}
