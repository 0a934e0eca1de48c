import { setTimeout as wait } from 'node:timers/promises'

const PAUSE_MS = 5
const BOUND_MS = 10_000

/** Asks until the answer is true; rejects when it never is. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + BOUND_MS
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never came true: ${what}`)
    await wait(PAUSE_MS)
  }
}
