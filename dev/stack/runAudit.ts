import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { starterMark } from '../processes/watchdog.ts'
import { CHECKOUT } from './folders.ts'

const AUDIT_PROGRAM = ['--require', './src/runtime.cjs', 'dev/audit.ts']

export interface RunAuditOptions {
  /** Compares with the record of these operators as well. */
  operatorUrls?: readonly string[]
  /** Rests between pages, for the sake of a system that is at work; otherwise it runs at full speed. */
  isLive?: boolean
  /** Called with the process id when it runs, to measure it. */
  onStarted?: (pid: number) => void
  /** Ends it before it has come to its end. */
  signal?: AbortSignal
  /** The folder whose audit runs; this checkout by default. */
  checkout?: string
}

/**
 * Runs the audit as a process of its own and hands over each line as it comes.
 * @returns whether it came to its end and found nothing.
 */
export async function runAudit(
  databaseUrl: string,
  onLine: (line: string) => void,
  {
    operatorUrls = [],
    isLive = false,
    onStarted = () => {},
    signal,
    checkout = CHECKOUT,
  }: RunAuditOptions = {},
): Promise<boolean> {
  const operators = operatorUrls.flatMap((url) => ['--operator', url])
  const args = [...AUDIT_PROGRAM, ...operators, ...(isLive ? [] : ['--full-speed'])]
  const child = spawn(process.execPath, args, {
    cwd: checkout,
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, ...starterMark() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid !== undefined) onStarted(child.pid)
  const end = () => void child.kill()
  signal?.addEventListener('abort', end)
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine)
  const [code] = (await once(child, 'close')) as [number | null]
  signal?.removeEventListener('abort', end)
  return code === 0
}
