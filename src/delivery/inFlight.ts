import type { Recipient } from '../messages/index.ts'
import type { Envelope } from '../outbox/index.ts'

/** One claimed recipient with what an operator needs. The fields change as results arrive. */
export interface Task extends Recipient {
  text: string
  /** When the message was accepted, by this process's monotonic clock. */
  acceptedAtMs: number
}

/** One run of an envelope: our claim on its free recipients, until the last of them is settled. */
export interface InFlight {
  envelope: Envelope
  owner: string
  /** References of our recipients that are not settled yet. */
  unsettled: Set<string>
  /** The envelope names unfinished recipients that another owner has, so that its row cannot just be removed. */
  hasOthers: boolean
  /** The outbox row is removed: nothing of this envelope is named by it any more. */
  isFinished: boolean
}
