import type { DeadlineEvents } from '../deadlines/index.ts'
import type { Operator, OperatorEvents, Routed } from '../operators/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { After } from '../platform/loop.ts'
import type { Semaphore } from '../platform/semaphore.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'
import type { ClaimedEnvelope } from './claimEnvelopes.ts'
import type { DeliveryEvents } from './events.ts'
import type { Hedging } from './hedge/hedging.ts'
import type { Task } from './inFlight.ts'
import type { DeliverySlots } from './metrics.ts'
import type { CallHealth } from './noteHealth.ts'
import type { PersistContext } from './persist.ts'
import type { RetryPolicy } from './retryDelay.ts'

export interface DeliverySettings {
  db: Db
  newId: () => string
  type: MessageClass
  /** Groups live messages by the operators that may have them. Called anew for each envelope: they may change. */
  route: (tasks: Task[]) => Routed<Task>[]
  /** The operators of test messages alone: live ones never go to them, and test ones never elsewhere. */
  testOperators: readonly Operator[]
  /** Operator calls at once, of all envelopes together. */
  callsMax: number
  /**
   * Further recipients are claimed while fewer than this wait for a result; an envelope's are claimed together, so that
   * there may be up to 100 more. A function where it follows what the operators take.
   */
  recipientsInFlightMax: number | (() => number)
  /** Recipients of one transaction. */
  batchSizeMax: number
  /** Claims at once, and settlements at once: another begins when a full one waits. */
  concurrency: number
  /** Of the waits before a second operator is asked; a test has its own. */
  hedgeAfter?: After
  /** Of messages that no operator takes. */
  retry: RetryPolicy
  /** From 0 up to 1; a test has its own. */
  random?: () => number
  /** From acceptance, or from the time that a message is scheduled for, unless its request says otherwise. */
  validityMs: number
  /** Of messages whose requests say nothing; null where their class and their operators decide. */
  onUnknown: OnUnknown | null
  /** Submissions of one message with an unknown result, over all runs. */
  unknownSubmissionsMax: number
  events: DeliveryEvents
  deadlines?: Pick<DeadlineEvents, 'missed'>
  onOpened?: (type: MessageClass, slots: DeliverySlots) => void
  operatorEvents: OperatorEvents
  /** Counts how operators do, where routes follow that. */
  health?: CallHealth | undefined
}

/** What the envelopes of one class in one process share: transactions by load, and the budget of operator calls. */
export interface DeliveryContext extends DeliverySettings, PersistContext {
  claim: (envelope: Envelope) => Promise<ClaimedEnvelope>
  calls: Semaphore
  /** Questions to operators at once. */
  questions: Semaphore
  hedging?: Hedging
  /** Of test messages, so that a slow test operator keeps no live message waiting. */
  testCalls: Semaphore
  /** By recipients that wait for a result. */
  recipients: Semaphore
}
