import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { killProcesses } from './end.ts'
import { findMarkedBelow, STARTER_MARK } from './marks.ts'

// Reads from a pipe that only the starter holds open, so the reading ends when the starter does, however it died.
// Then it kills whatever still carries the starter's mark or one below it, and again for what was forking during the
// first round.
const SCRIPT = `
while read -r word; do [ "$word" != release ] || exit 0; done
for round in 1 2; do
  for environment in $(grep -lzx -e "$0" -e "$0/.*" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${environment#/proc/}
    kill -9 "\${pid%/environ}" 2>/dev/null
  done
done
`

interface Watchdog {
  process: ChildProcess
  mark: string
}

let watchdog: Watchdog | undefined

/**
 * The environment entry that ties a process to this one's life: even after a SIGKILL of this process nothing that
 * carries it stays behind. The first call starts the watchdog, a shell that sleeps in a read.
 */
export function starterMark(): Record<string, string> {
  watchdog ??= startWatchdog()
  return { [STARTER_MARK]: watchdog.mark }
}

/** Kills whatever was started so far and not released; resolves when it is gone. What a failed start leaves behind. */
export async function killStarted(): Promise<void> {
  const mark = watchdog?.mark
  if (mark !== undefined) await killProcesses(() => findMarkedBelow(STARTER_MARK, mark))
}

/** Lets everything that was started so far live on when this process ends. */
export async function releaseStarted(): Promise<void> {
  if (!watchdog) return
  const { process: released } = watchdog
  watchdog = undefined
  released.ref()
  const gone = once(released, 'exit')
  released.stdin?.end('release\n')
  await gone
}

function startWatchdog(): Watchdog {
  // Below the mark of this process's own starter, which can so find and end all that was started in turn.
  const above = process.env[STARTER_MARK]
  const mark = `${above === undefined ? '' : `${above}/`}${process.pid}-${randomUUID()}`
  const child = spawn('/bin/sh', ['-c', SCRIPT, `${STARTER_MARK}=${mark}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/usr/bin:/bin' },
    // A session of its own: Ctrl-C reaches the starter, and must not reach the watchdog.
    detached: true,
  })
  child.unref()
  ;(child.stdin as Socket).unref()
  return { process: child, mark }
}
