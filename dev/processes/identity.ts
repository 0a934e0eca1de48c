import { readFileSync } from 'node:fs'

/**
 * A process that can be recognised later. The kernel gives a process id away again; the pair of id and start time
 * (clock ticks since boot, from /proc) it does not, so the pair proves that a process is the one
 * that was started, even from another program and much later.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

// Counted after the command's name, which ends in the line's last ')' and may itself hold spaces and brackets.
const STATE_FIELD = 0
const START_TIME_FIELD = 19

/** The process that has this id now; undefined if there is none, or only a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTime = fields[START_TIME_FIELD]
  const state = fields[STATE_FIELD]
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined
  return { pid, startTime }
}

/** True only while this very process runs: a stranger under the same id does not count. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime
}

/** Sends a signal to this process only, never to another one with the same id. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, signal)
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
