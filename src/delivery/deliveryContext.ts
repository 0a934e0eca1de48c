import type { Operator, OperatorEvents } from '../operators/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { Semaphore } from '../platform/semaphore.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { ClaimedEnvelope } from './claimEnvelopes.ts'
import type { DeliveryEvents } from './events.ts'
import type { PersistContext } from './persist.ts'

export interface DeliverySettings {
  db: Db
  newId: () => string
  type: MessageClass
  /** In order of preference, as this class reaches them. */
  operators: readonly Operator[]
  /** Operator calls at once, of all envelopes together. */
  callsMax: number
  /**
   * Further recipients are claimed while fewer than this wait for a result. Those of one envelope are claimed together,
   * so that there may be up to 100 more.
   */
  recipientsInFlightMax: number
  /** Recipients of one transaction. */
  batchSizeMax: number
  /** Claims at once, and settlements at once: another begins when a full one waits. */
  concurrency: number
  /** How long a message that no operator takes is retried. */
  unavailableGraceMs: number
  /** Submissions of one message with an unknown result, over all runs. */
  unknownSubmissionsMax: number
  events: DeliveryEvents
  operatorEvents: OperatorEvents
}

/** What the envelopes of one class in one process share: transactions by load, and the budget of operator calls. */
export interface DeliveryContext extends DeliverySettings, PersistContext {
  claim: (envelope: Envelope) => Promise<ClaimedEnvelope>
  calls: Semaphore
  /** By recipients that wait for a result. */
  recipients: Semaphore
}
