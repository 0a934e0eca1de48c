import type { Recipient } from '../messages/index.ts'
import type { RecipientRange } from '../outbox/index.ts'

/** One recipient in hand: claimed by us, with what an operator needs. */
export interface Task extends Recipient {
  text: string
  price: number
}

/** Our claim on an envelope, until it is settled. Recipients are named by their references. */
export interface InFlight {
  outboxId: string
  /** The envelope's recipients, others' included. */
  ranges: RecipientRange[]
  owner: string
  /** Those of them that may not be at their end: it shrinks as ours end, and does not know what others do. */
  open: Set<string>
  /** Those of ours whose settlement has not begun. The settlement of the last of them looks at what others left. */
  unsettled: Set<string>
}
