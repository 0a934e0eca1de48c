import { startLoop } from '../../platform/loop.ts'
import type { After, Loop } from '../../platform/loop.ts'
import { expireOnce } from './expireOnce.ts'
import type { ExpirySettings } from './expireOnce.ts'

/** Between two passes over the outbox: by so much and a few seconds a message may live longer than its validity. */
const IDLE_POLL_MS = 1_000
/** The rest after a round, as a multiple of its time: it looks for a twentieth of the time, and ends for half of it. */
const LOOK_REST_FACTOR = 19
const END_REST_FACTOR = 1
const REST_MS_MIN = 10

/**
 * Ends messages whose time is over while they wait: in the outbox, for their next attempt, or for a consumer. Any number
 * of relays may do so.
 */
export function startExpiry(settings: ExpirySettings & { after?: After }): Loop {
  const { type, events, after } = settings
  let from: string | undefined
  let restMs = IDLE_POLL_MS
  return startLoop({
    idleMs: () => restMs,
    onError: (error, retryInMs) => events.expiryFailed({ type, error, retryInMs }),
    ...(after ? { after } : {}),
    runOnce: async () => {
      const startedAtMs = performance.now()
      const { recipients, next } = await expireOnce(settings, from)
      from = next
      const factor = recipients > 0 ? END_REST_FACTOR : LOOK_REST_FACTOR
      const leastMs = next === undefined ? IDLE_POLL_MS : REST_MS_MIN
      restMs = Math.max(leastMs, (performance.now() - startedAtMs) * factor)
      return 'idle'
    },
  })
}
