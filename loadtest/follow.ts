/** A recipient of the load, as it is found after it; times on the database's clock. */
export interface FoundRecipient {
  customerId: number
  type: 'normal' | 'express'
  status: 'pending' | 'sending' | 'done' | 'failed'
  acceptedMs: number
  /** Of the last change: when it finished, if it has. */
  updatedMs: number
}

/** Looks after what a load brought in: made before it, so that what is newer belongs to it. */
export interface Follower {
  /** How many recipients are unfinished: as many as are seen at a look, at least 1 when there are any. */
  countOpen(): Promise<number>
  /** All of them. */
  recipients(): AsyncIterable<FoundRecipient>
  close(): Promise<void>
}
