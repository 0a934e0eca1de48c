import { isAlive, signalProcess, type ProcessIdentity } from './identity.ts'
import { waitUntil } from './waitUntil.ts'

// A killed process is gone as soon as the kernel has freed its memory; a gigabyte takes well under a second.
const DEATH_TIMEOUT_MS = 20_000

/** Asks one process to end (SIGTERM), waits, and ends it by force (SIGKILL) when the deadline passes. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<'clean' | 'forced'> {
  signalProcess(identity, 'SIGTERM')
  try {
    await waitUntil(() => !isAlive(identity), { what: `process ${identity.pid} to end`, timeoutMs: graceMs })
    return 'clean'
  } catch {
    await killProcesses(() => [identity])
    return 'forced'
  }
}

/**
 * Kills everything the list names, and asks again until the list is empty: a process that was just forking leaves a
 * child behind that the first list did not know.
 */
export async function killProcesses(list: () => ProcessIdentity[]): Promise<void> {
  await waitUntil(
    () => {
      const alive = list().filter(isAlive)
      for (const identity of alive) signalProcess(identity, 'SIGKILL')
      return alive.length === 0
    },
    { what: 'killed processes to be gone', timeoutMs: DEATH_TIMEOUT_MS },
  )
}
