import type { Recipient, StoredAttempt } from '../messages/index.ts'
import type { PartIds } from '../operators/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { OnUnknown } from '../primitives/onUnknown.ts'

/** One submission of a message to an operator, as far as its history tells of it. */
export interface Call {
  provider: string
  result: StoredAttempt['result']
  reason: string
  /** Why this operator may get the message. */
  routeReason: string
  /** By this process's monotonic clock. */
  startedAtMs: number
  durationMs: number
  /** Made beside another call that was in flight. */
  isHedge?: boolean
}

/** By operator. */
export type PartsTaken = ReadonlyMap<string, PartIds>

/** One claimed recipient with what an operator needs. The fields change as results arrive. */
export interface Task extends Recipient {
  text: string
  /** Null for the operator's default. */
  sender: string | null
  /** When it may no longer be submitted, by this process's monotonic clock. */
  expiresAtMs: number
  /** The trace of its request, where that is sampled. */
  traceparent?: string | undefined
  /** Only a test operator gets it. */
  isTest: boolean
  /** Null where its class and its operators decide. */
  onUnknown: OnUnknown | null
  /**
   * Whether an earlier run may have handed it over: `stored` when its attempts name the operators, `lost` when a run
   * ended without storing its result, so that any operator may have it.
   */
  doubt: 'stored' | 'lost' | null
  /** When the message was accepted, or the time that it was scheduled for, by this process's monotonic clock. */
  acceptedAtMs: number
  /** When its guarantee is over, by this process's monotonic clock, or some milliseconds earlier; Infinity without one. */
  guaranteedByMs: number
  /** Its customer opted in to hedging. */
  hedge: boolean
  /** Its submissions since it was claimed. */
  calls: Call[]
  /** What operators have of it that took parts and not all. */
  partsTaken: PartsTaken
}

/** One run of an envelope: our claim on its free recipients, until the last of them is settled. */
export interface InFlight {
  envelope: Envelope
  owner: string
  /** References of our recipients that are not settled yet. */
  unsettled: Set<string>
  /** The envelope names unfinished recipients that another owner has, so that its row cannot just be removed. */
  hasOthers: boolean
  /** The outbox row is removed: it references nothing of this envelope any more. */
  isFinished: boolean
}
