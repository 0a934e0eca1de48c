import { endProcess } from '../processes/end.ts'
import { isAlive } from '../processes/identity.ts'
import { readState, removeState, UP_FOLDER } from './state.ts'

// As long as the slowest of them, a database that writes back its pages.
const STOP_GRACE_MS = 60_000

/**
 * Stops what `make up` started, the last started first, and keeps the data. A process is signalled only while its
 * id and its start time are those on record.
 *
 * @returns the names of the parts that were running.
 */
export async function takeDown(onProgress: (line: string) => void, folder = UP_FOLDER): Promise<string[]> {
  const state = await readState(folder)
  if (!state) return []
  const stopped: string[] = []
  for (const { name, processes } of state.parts.toReversed()) {
    const alive = processes.filter(isAlive)
    if (alive.length > 0) stopped.push(name)
    // The first is the program itself; most of its helpers go with it.
    for (const identity of alive) {
      const end = await endProcess(identity, STOP_GRACE_MS)
      if (end === 'forced') onProgress(`${name}: process ${identity.pid} did not end in time and was killed`)
    }
  }
  await removeState(folder)
  return stopped
}
