import { setTimeout as wait } from 'node:timers/promises'

const PAUSE_MS = 5
/** Reached only by a test that fails: a busy machine may need a while. */
const BOUND_MS = 30_000
/** A machine that stood still for the whole bound has given nothing the time to happen. */
const ASKED_MIN = 200

/** Asks until the answer is true; rejects when it never is. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  boundMs = BOUND_MS,
): Promise<void> {
  const deadline = performance.now() + boundMs
  for (let asked = 1; !(await condition()); asked += 1) {
    if (asked >= ASKED_MIN && performance.now() > deadline) throw new Error(`never came true: ${what}`)
    await wait(PAUSE_MS)
  }
}
