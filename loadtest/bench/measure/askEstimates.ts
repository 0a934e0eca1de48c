import { setTimeout as pause } from 'node:timers/promises'
import type { AskedEstimate } from './estimateErrors.ts'

interface Timeline {
  timelines: { status: string; waiting: { hand_over_estimated_at: string | null } | null }[]
}

/** A hundred questions a second at most: they share the database with the backlog that drains. */
const PAUSE_MS = 10

/** Asks about each message in turn, round after round, until none of them waits any more or the time is over. */
export async function askEstimates(
  apiUrl: string,
  adminKey: string,
  smsIdentifiers: readonly string[],
  timeoutMs: number,
): Promise<AskedEstimate[]> {
  const endsAtMs = performance.now() + timeoutMs
  const asked: AskedEstimate[] = []
  let waiting = [...smsIdentifiers]
  while (waiting.length > 0 && performance.now() < endsAtMs) {
    const still: string[] = []
    for (const smsIdentifier of waiting) {
      const askedAtMs = Date.now()
      const found = await readWaiting(apiUrl, adminKey, smsIdentifier)
      if (!found) continue
      still.push(smsIdentifier)
      const at = found.hand_over_estimated_at
      asked.push({ smsIdentifier, askedAtMs, estimatedAtMs: at === null ? null : Date.parse(at) })
      await pause(PAUSE_MS)
    }
    waiting = still
  }
  return asked
}

/** @returns what the public route says it waits for; null once it is sent. */
async function readWaiting(apiUrl: string, adminKey: string, smsIdentifier: string) {
  const response = await fetch(`${apiUrl}/v1/admin/messages/${smsIdentifier}/timeline`, {
    headers: { authorization: `Bearer ${adminKey}` },
  })
  if (!response.ok) throw new Error(`the timeline was answered with ${response.status}`)
  const { timelines } = (await response.json()) as Timeline
  return timelines[0]?.waiting ?? null
}
