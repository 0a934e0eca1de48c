import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { starterMark } from '../processes/watchdog.ts'
import { CHECKOUT } from './folders.ts'

const PROGRAM = ['--require', './src/runtime.cjs', 'src/audit/main.ts']

/**
 * Runs the audit as a process of its own and hands over each line as it comes.
 * @returns whether it came to its end and found nothing.
 */
export async function runAudit(databaseUrl: string, onLine: (line: string) => void): Promise<boolean> {
  const child = spawn(process.execPath, PROGRAM, {
    cwd: CHECKOUT,
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, ...starterMark() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine)
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0
}
