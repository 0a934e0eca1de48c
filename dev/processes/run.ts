import { execFile, type ExecFileException } from 'node:child_process'
import { starterMark } from './watchdog.ts'

// Package lists and SQL are the largest outputs read here, some hundred kilobytes.
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

export interface RunOptions {
  env: Record<string, string>
  timeoutMs: number
  cwd?: string
}

/** A command that failed; `message` is the line of its output that says most. */
export class CommandFailed extends Error {
  readonly output: string
  constructor(command: string, output: string, end: string) {
    const lines = output.split('\n').filter((line) => line.trim() !== '')
    super(
      `${command}: ${lines.find((line) => /^(E: |ERROR|npm error code)/.test(line)) ?? lines.at(-1) ?? end}`,
    )
    this.output = output
  }
}

/** Runs a command to its end and resolves to its standard output. It does not outlive this process. */
export function run(command: string, args: string[], options: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      {
        env: { ...options.env, ...starterMark() },
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_BYTES_MAX,
        ...(options.cwd ? { cwd: options.cwd } : {}),
      },
      (error, stdout, stderr) => {
        if (error) reject(new CommandFailed(command, `${stderr}\n${stdout}`, endOf(error)))
        else resolve(stdout)
      },
    )
  })
}

function endOf(error: ExecFileException): string {
  return error.killed
    ? 'took too long'
    : error.signal
      ? `ended by ${error.signal}`
      : `exit code ${error.code}`
}
