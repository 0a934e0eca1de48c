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
/** No row waits longer, unless it is scheduled or backs off: leases, and the pauses that operators ask for. */
export const LONGEST_WAIT_MS = 60_000
/** A row that this program cannot read is tried again this much later: a newer program may be about to start. */
export const UNREADABLE_DELAY_MS = 60_000
/**
 * Express rows are claimed in the order of deadlines. A later one counts as this much after acceptance, because a scan of
 * the lane starts so far behind the deadline that claims have reached.
 */
export const EXPRESS_ORDER_MAX_MS = 5_000
