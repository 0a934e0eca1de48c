import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { identify, type ProcessIdentity } from '../../../dev/processes/identity.ts'

/** A process that does nothing until it is ended. */
export async function startSleeper(): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  await once(child, 'spawn')
  const identity = identify(child.pid ?? 0)
  if (!identity) throw new Error('the sleeper did not start')
  return { child, identity }
}

/** An identity that names the same process id, and a process that had it before. */
export function predecessorOf({ pid, startTime }: ProcessIdentity): ProcessIdentity {
  return { pid, startTime: String(Number(startTime) - 1) }
}
