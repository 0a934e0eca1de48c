import { setTimeout as pause } from 'node:timers/promises'

export interface WaitOptions {
  /** Completes "gave up after N s waiting for ...". */
  what: string
  timeoutMs: number
  intervalMs?: number
}

const INTERVAL_MS = 25

/** Asks until the answer is something other than undefined or false; throws when the time is over. */
export async function waitUntil<T>(
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { what, timeoutMs, intervalMs = INTERVAL_MS }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline)
      throw new Error(`gave up after ${timeoutMs / 1000} s waiting for ${what}`)
    await pause(intervalMs)
  }
}
