import { setTimeout as pause } from 'node:timers/promises'
import type { SupervisedProcess } from './supervisedProcess.ts'

/** `old`: the program of the commit to upgrade from; `new`: this checkout's. */
export type Version = 'old' | 'new'

/** A process, the program that its next start runs, and the program that its last start ran. */
export interface Versioned {
  process: Pick<SupervisedProcess, 'replace' | 'program'>
  wanted: Version
  started?: Version
}

const LOOK_MS = 200
/** Above the longest start, 60 s, and the longest stop, 45 s. */
const CHANGE_TIMEOUT_MS = 120_000

/**
 * Ends the processes in order, one after the other; each is followed by one of the wanted version, and the next ends when
 * that one serves. A process that was just being started is replaced as well. @throws Error when the time is over.
 */
export async function changeVersion(all: readonly Versioned[], wanted: Version): Promise<void> {
  for (const each of all) {
    each.wanted = wanted
    const deadlineMs = performance.now() + CHANGE_TIMEOUT_MS
    while (each.started !== wanted || !each.process.program) {
      if (performance.now() > deadlineMs) throw new Error(`a process did not change to the ${wanted} program`)
      if (each.started !== wanted) await each.process.replace()
      await pause(LOOK_MS)
    }
  }
}
