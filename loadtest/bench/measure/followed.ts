import { setTimeout as pause } from 'node:timers/promises'
import type { RunResult } from '../../result.ts'
import { withDatabase } from '../stage/database.ts'
import type { TakenEvent } from '../stage/endpoints.ts'
import { carriedOfOffered } from './sustained.ts'

const LOOK_MS = 200
const TIMEOUT_MS = 120_000
/** Together longer than a receipt is under way to the API. */
const CALM_LOOKS = 10

/**
 * Messages a second that were handed over, got their receipt and were told of. Of all three the endpoints know, and
 * receipts of their customers are applied in turn with the others'.
 * @param toldShare of messages whose customer has an endpoint.
 */
export function followedPerSecond(run: RunResult, taken: readonly TakenEvent[], toldShare: number): number {
  const told = taken.filter(
    ({ type, takenAtEpochMs }) => type === 'message.delivered' && isWithin(run, takenAtEpochMs),
  )
  return Math.min(carriedOfOffered(run), (told.length * 1_000) / run.durationMs / toldShare)
}

/** From the change to the endpoint, in milliseconds, of changes in the measured time. */
export function eventDelays(run: RunResult, taken: readonly TakenEvent[]): number[] {
  return taken
    .filter(({ changedAtEpochMs }) => isWithin(run, changedAtEpochMs))
    .map(({ changedAtEpochMs, takenAtEpochMs }) => takenAtEpochMs - changedAtEpochMs)
}

function isWithin({ startedAtEpochMs: start = 0, durationMs }: RunResult, epochMs: number): boolean {
  return epochMs >= start && epochMs < start + durationMs
}

/** Waits until every receipt is applied, and every event is with its endpoint or that fails. */
export async function untilFollowed(databaseUrl: string): Promise<void> {
  const endsAtMs = performance.now() + TIMEOUT_MS
  await withDatabase(databaseUrl, async (database) => {
    for (let calm = 0; calm < CALM_LOOKS; await pause(LOOK_MS)) {
      const [row] = await database.rows<{ receipts: number; events: number; endpoints: number }>(
        `SELECT (SELECT COUNT(*) FROM waiting_receipts) AS receipts, (SELECT COUNT(*) FROM event_queue) AS events,
           (SELECT COUNT(*) FROM webhook_endpoints e JOIN event_sequences s ON s.user_id = e.user_id
            WHERE e.position < s.last_seq AND e.url NOT LIKE '%/hanging') AS endpoints`,
      )
      const isDone = Object.values(row ?? {}).every((count) => Number(count) === 0)
      calm = isDone ? calm + 1 : 0
      if (performance.now() > endsAtMs) throw new Error(`still to be done: ${JSON.stringify(row)}`)
    }
  })
}
