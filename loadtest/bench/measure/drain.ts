import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from '../stage/database.ts'

const LOOK_MS = 200
const TELL_MS = 1_000

/**
 * Waits until no outbox row is left, because one references each unfinished recipient. @returns whether that happened
 * in time.
 */
export async function drain(
  database: Database,
  timeoutMs: number,
  onWaiting: () => void = () => {},
): Promise<boolean> {
  const endsAtMs = performance.now() + timeoutMs
  let tellsAtMs = performance.now() + TELL_MS
  for (;;) {
    const open = await database.rows('SELECT 1 FROM outbox_events LIMIT 1')
    if (open.length === 0) return true
    if (performance.now() > endsAtMs) return false
    if (performance.now() > tellsAtMs) {
      onWaiting()
      tellsAtMs += TELL_MS
    }
    await pause(LOOK_MS)
  }
}
