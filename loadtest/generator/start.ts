import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { starterMark } from '../../dev/processes/watchdog.ts'
import type { GeneratorPlan, GeneratorProgress, GeneratorResult } from './plan.ts'

export interface GeneratorOptions {
  /** Called when the process runs, for counting its CPU time. */
  onStarted?: (pid: number) => void
  /**
   * When it stops, the generator sends no further request and waits briefly for answers. The promise resolves as usual.
   */
  signal?: AbortSignal
}

/** What the process writes, a line of JSON each. */
export type GeneratorLine = { progress: GeneratorProgress } | { result: GeneratorResult } | { fault: string }

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/**
 * Runs a plan in a separate process, so that neither it nor the caller delays the other. It exits with the caller,
 * because its standard input closes. Rejects when the plan cannot be run; failed requests are results.
 */
export async function startGenerator(
  plan: GeneratorPlan,
  onProgress: (progress: GeneratorProgress) => void = () => {},
  { onStarted, signal }: GeneratorOptions = {},
): Promise<GeneratorResult> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], ...starterMark() },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A separate session, so that Ctrl-C reaches only the caller, which can stop it in order.
    detached: true,
  })
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  const last = follow(child, onProgress)
  // A child that died immediately cannot read. Its exit is reported below.
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify(plan)}\n`)
  const letGo = () => child.stdin.end()
  if (signal?.aborted) letGo()
  signal?.addEventListener('abort', letGo)
  if (child.pid !== undefined) onStarted?.(child.pid)
  try {
    const [code, killedBy] = await closed
    const line = last()
    if (line && 'result' in line) return line.result
    const reason = line && 'fault' in line ? line.fault : `it ended with ${killedBy ?? `exit code ${code}`}`
    throw new Error(`the load generator gave no result: ${reason}`)
  } finally {
    signal?.removeEventListener('abort', letGo)
  }
}

/** @returns a look at the last line that was no progress. */
function follow(
  child: ChildProcess,
  onProgress: (progress: GeneratorProgress) => void,
): () => GeneratorLine | undefined {
  let last: GeneratorLine | undefined
  if (!child.stdout) return () => undefined
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as GeneratorLine
    if ('progress' in line) onProgress(line.progress)
    else last = line
  })
  return () => last
}
