import type { MessageClass } from '../primitives/messageClass.ts'

// The times of outbox rows: how long a row waits before the relay may publish it (again).

/** A claimed row waits this long for the broker's confirm. Then another relay may publish it too. */
export const CLAIM_LEASE_MS = 10_000
/** A confirmed row waits this long for its settlement: the rescue when the queue message or its consumer is lost. */
export const PUBLISHED_LEASE_MS = 60_000
/**
 * The lease of a confirmed row is written this much later, well within the lease of its claim. By then most rows are
 * settled and gone, so that the statement is small and does not meet the consumer that works on the row.
 */
export const CONFIRM_LEASE_AFTER_MS = 2_000
/** A row whose publish failed waits this long. It is fixed: only the attempts of recipients make a delay grow. */
export const PUBLISH_RETRY_DELAY_MS = 500
/** No row waits longer, unless it is scheduled: leases, retries, and the pauses that operators ask for. */
export const LONGEST_WAIT_MS = 60_000
/** A row that this program cannot read is tried again this much later: a newer program may be about to start. */
export const UNREADABLE_DELAY_MS = 60_000
/** The deadline of an express row, counted from its acceptance. Express rows are claimed in the order of deadlines. */
export const EXPRESS_DEADLINE_MS = 2_000

/** How soon an idle poller sees what another process committed. A commit in this process wakes it. */
export const IDLE_POLL_MS: Record<MessageClass, number> = { express: 25, normal: 100 }
/** How soon a relay that found the queue full looks again: consumers take an envelope every few milliseconds. */
export const FULL_POLL_MS = 20
/** When nothing was found for this long, the poller looks less often: each look-up takes 0.7 ms of CPU (measured). */
export const QUIET_AFTER_MS = 5_000
export const QUIET_POLL_FACTOR = 6
/**
 * Pause between claims under load; skipped if the last claim left rows. So envelopes are large and few: each costs the
 * database, the broker and an operator some twenty round trips, whatever its size.
 */
export const BUSY_MS: Record<MessageClass, number> = { express: 50, normal: 100 }
