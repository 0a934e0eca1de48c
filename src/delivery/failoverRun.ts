import type { Operator, OperatorEvents } from '../operators/index.ts'
import type { Db } from '../platform/db/index.ts'
import type { Permit, Semaphore } from '../platform/semaphore.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { Settlement } from './effects.ts'
import type { DeliveryEvents } from './events.ts'
import type { Hedging } from './hedge/hedging.ts'
import type { InFlight } from './inFlight.ts'
import type { CallHealth } from './noteHealth.ts'
import type { PendingTask } from './pendingTask.ts'

/** One run of an envelope, as far as submitting to operators goes. */
export interface FailoverRun {
  db: Db
  type: MessageClass
  inFlight: InFlight
  /** They may get the messages now, in order of preference. */
  operators: readonly Operator[]
  /** All operators of the route: each of them may have the messages from an earlier run. */
  routed: readonly Operator[]
  /** With the drained ones, which are not called at the moment. */
  operatorsTotal: number
  /** Why these operators. */
  routeReason: string
  /** All calls of the class at once. */
  calls: Semaphore
  /** Questions to operators at once, beside the calls, so that a status route that hangs delays no message. */
  questions: Semaphore
  /** When the claim was asked for. */
  claimedAtMs: number
  /** Submissions of one message with an unknown result, over all runs. */
  unknownSubmissionsMax: number
  events: DeliveryEvents
  operatorEvents: OperatorEvents
  health?: CallHealth | undefined
  /** Called with final results at once, while the failover of other messages goes on. */
  onResults: (settlements: Settlement[]) => void
  /** Of express alone: what is needed to ask a second operator while the first has not answered. */
  hedging?: Hedging
  /** Its calls are made beside others that are in flight. */
  isHedge?: boolean
  /** Read directly before a call. */
  isWanted?: (pending: PendingTask) => boolean
  /** Read before a call: another operator has become the better one to ask first. */
  hasBetterOperator?: () => boolean
  /** Called directly before a call, with its permit. */
  onCalling?: (permit: Permit) => void
  /** Calls that have not begun when it is aborted are not made. */
  stopping?: AbortSignal
}
