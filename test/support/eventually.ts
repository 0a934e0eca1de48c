import { setTimeout as wait } from 'node:timers/promises'

const PAUSE_MS = 5
/** Reached only by a test that fails: a busy machine may need a while. */
const BOUND_MS = 30_000

/** Asks until the answer is true; rejects when it never is. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  boundMs = BOUND_MS,
): Promise<void> {
  const deadline = performance.now() + boundMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`)
    await wait(PAUSE_MS)
  }
}
