import type { MessageClass } from '../primitives/messageClass.ts'

// How often the relay looks for rows: idle, under load, and while the queue is full.

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
