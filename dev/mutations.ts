import { join } from 'node:path'
import { answerHelp } from './commands/help.ts'
import { runMutations } from './mutations/runMutations.ts'
import { openWorkshop } from './mutations/workshop.ts'
import { onInterrupt } from './processes/onInterrupt.ts'
import { waitUntil } from './processes/waitUntil.ts'
import { killStarted } from './processes/watchdog.ts'
import { CHECKOUT, LOCAL } from './stack/folders.ts'
import { withLock } from './stack/lock.ts'

// make mutations: breaks one guard at a time in a copy of the checkout and sees that a test catches it. Names of
// mutations may follow; without any, all are tried. Exit code 1 when one survives or says nothing.

/** Processes are killed and the copies removed in well under this time. */
const STOP_TIMEOUT_MS = 60_000

answerHelp('mutations')
const stopping = new AbortController()
let hasEnded = false
const interrupts = onInterrupt(async () => {
  stopping.abort()
  // Until the work has seen it: it may be starting something at this moment.
  const isOver = async () => (await killStarted(), hasEnded)
  await waitUntil(isOver, { what: 'the tests to stop', timeoutMs: STOP_TIMEOUT_MS })
})

try {
  const areAllCaught = await withLock(join(LOCAL, 'mutations.lock'), tryAll)
  process.exitCode = areAllCaught ? 0 : 1
} catch (error) {
  if (!interrupts.happened())
    console.error(`make mutations: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  hasEnded = true
}

async function tryAll(): Promise<boolean> {
  const workshop = await openWorkshop(CHECKOUT)
  const print = (line: string) => console.log(line)
  try {
    return await runMutations(workshop, { names: process.argv.slice(2), print, stopping: stopping.signal })
  } finally {
    await workshop.close()
  }
}
