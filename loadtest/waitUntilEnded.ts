import { setTimeout as pause } from 'node:timers/promises'
import type { Follower } from './follow.ts'

const ROUND_PAUSE_MS = 500

/**
 * Waits until every message of the load has finished. It also waits for an unavailable API or database, because a chaos
 * run may have stopped it. @returns whether that came true in time.
 */
export async function waitUntilEnded(
  follower: Pick<Follower, 'countOpen'>,
  timeoutMs: number,
  onProgress: (open: number | undefined, elapsedMs: number) => void,
): Promise<boolean> {
  const startedAtMs = performance.now()
  for (;;) {
    const open = await follower.countOpen().catch(() => undefined)
    if (open === 0) return true
    const elapsedMs = performance.now() - startedAtMs
    onProgress(open, elapsedMs)
    if (elapsedMs > timeoutMs) return false
    await pause(ROUND_PAUSE_MS)
  }
}
