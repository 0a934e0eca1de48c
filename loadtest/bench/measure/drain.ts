import { setTimeout as pause } from 'node:timers/promises'
import { LONGEST_WAIT_MS } from '../../../src/outbox/index.ts'
import { microsFromNow } from '../../../src/outbox/lanes.ts'
import type { Database } from '../stage/database.ts'

/** No row waits longer than `LONGEST_WAIT_MS` for anything but its schedule. A ready row's key is no later time. */
const UNSCHEDULED = `SELECT 1 FROM outbox_events WHERE order_key <= ${microsFromNow(LONGEST_WAIT_MS)} LIMIT 1`
/** Of a commit before outbox rows had an order, which could not schedule. */
const ANY = 'SELECT 1 FROM outbox_events LIMIT 1'
const HAS_ORDER = `SELECT 1 FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'outbox_events' AND column_name = 'order_key'`
const LOOK_MS = 200
const TELL_MS = 1_000

/**
 * Waits until no outbox row is left but those of scheduled messages: each unfinished recipient is referenced by one.
 * @returns whether that came true in time.
 */
export async function drain(
  database: Database,
  timeoutMs: number,
  onWaiting: () => void = () => {},
): Promise<boolean> {
  const endsAtMs = performance.now() + timeoutMs
  let tellsAtMs = performance.now() + TELL_MS
  const unfinished = (await database.rows(HAS_ORDER)).length > 0 ? UNSCHEDULED : ANY
  for (;;) {
    const open = await database.rows(unfinished)
    if (open.length === 0) return true
    if (performance.now() > endsAtMs) return false
    if (performance.now() > tellsAtMs) {
      onWaiting()
      tellsAtMs += TELL_MS
    }
    await pause(LOOK_MS)
  }
}
