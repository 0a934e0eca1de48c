import { setTimeout as pause } from 'node:timers/promises'
import type { Follower } from './follow.ts'

const ROUND_PAUSE_MS = 500

/**
 * Waits until nothing of the load is open. An API or a database that is away meanwhile is waited for: it may have been
 * killed to see what becomes of them. @returns whether that came true in time.
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
