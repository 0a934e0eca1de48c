import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { endProcess, killProcesses } from './end.ts'
import { identify, type ProcessIdentity } from './identity.ts'
import { findMarked, PROCESS_MARK } from './marks.ts'
import { starterMark } from './watchdog.ts'

export interface LaunchOptions {
  command: string
  args: string[]
  /** The whole environment: nothing of the caller's leaks into a server, unless the caller puts it here. */
  env: Record<string, string>
  cwd?: string
  /** Standard output and error are appended here; a file outlives the starter, a pipe would not. */
  logFile: string
}

/** How a process ended: one of the two is set. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A running program with all the processes it started. It dies with its starter, unless `releaseStarted` says else. */
export interface Launched {
  readonly identity: ProcessIdentity
  /** All of its processes that live now, the first one first. */
  processes(): ProcessIdentity[]
  /** Undefined while it runs. */
  exit(): Exit | undefined
  /** What it has written so far to its log, without what was there before. */
  output(): string
  /** SIGTERM, SIGKILL after the grace; also ends the children it left behind. Resolves when nothing is left. */
  stop(graceMs: number): Promise<Exit>
  /** SIGKILL to the whole tree; resolves when nothing is left. */
  kill(): Promise<Exit>
}

export async function launch(options: LaunchOptions): Promise<Launched> {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('processes can be started and proven ours only on Linux; here, run "docker compose up"')
  }
  const value = randomUUID()
  const { child, logOffset } = spawnLogged(options, { ...starterMark(), [PROCESS_MARK]: value })
  let exit: Exit | undefined
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve((exit = { code, signal })))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  // The child does not keep the starter alive; a caller that wants to wait has the handle.
  child.unref()
  const pid = child.pid ?? 0
  // A process that is already over has no start time any more; the empty one matches no process.
  const identity = identify(pid) ?? { pid, startTime: '' }
  const processes = () => findMarked(PROCESS_MARK, value).sort((a, b) => rank(a) - rank(b))
  const rank = (found: ProcessIdentity) => (found.pid === pid ? 0 : 1)
  const allGone = async () => {
    await killProcesses(processes)
    child.ref()
    return exited
  }
  return {
    identity,
    processes,
    exit: () => exit,
    output: () => readFileSync(options.logFile).subarray(logOffset).toString('utf8'),
    async stop(graceMs) {
      await endProcess(identity, graceMs)
      return allGone()
    },
    kill: allGone,
  }
}

function spawnLogged(options: LaunchOptions, marks: Record<string, string>) {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'a', 0o600)
  try {
    const logOffset = fstatSync(log).size
    const child = spawn(options.command, options.args, {
      env: { ...options.env, ...marks },
      // A session of its own, so that Ctrl-C in a terminal reaches only the starter, which stops things in order.
      detached: true,
      stdio: ['ignore', log, log],
      ...(options.cwd ? { cwd: options.cwd } : {}),
    })
    return { child, logOffset }
  } finally {
    closeSync(log)
  }
}

export function describeExit({ code, signal }: Exit): string {
  return signal ? `ended by ${signal}` : `ended with exit code ${code}`
}

const TAIL_LINES = 15

/** The last lines of an output, for an error message: the reader should not have to open the log. */
export function lastLinesOf(output: string): string {
  return output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
}

/** Those of a whole log. */
export function tailOf(logFile: string): string {
  try {
    return lastLinesOf(readFileSync(logFile, 'utf8'))
  } catch {
    return '(no log)'
  }
}
