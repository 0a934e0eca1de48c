import { spawnSync } from 'node:child_process'
import { asksForHelp } from '../../src/platform/answerHelp.ts'
import { readState } from './state.ts'

/** A command of `src` and the server that it works on. */
interface Command {
  name: string
  /** Relative to the checkout. */
  program: string
  setting: 'DATABASE_URL' | 'AMQP_URL'
  /** Its field in the record of `make up`. */
  field: 'databaseUrl' | 'amqpUrl'
  server: string
}

/**
 * Runs a command on the server that its setting names, or else on the one that `make up` started. Its help needs none.
 * Sets the exit code.
 */
export async function runOnStack({ name, program, setting, field, server }: Command): Promise<void> {
  if (asksForHelp()) {
    process.exitCode = runProgram(program, {}) ?? 2
    return
  }
  const url = process.env[setting] || (await readState())?.[field]
  if (url === undefined)
    console.error(`${name}: no ${server}: set ${setting}, or start the stack with "make up"`)
  const status = url === undefined ? 2 : runProgram(program, { [setting]: url })
  process.exitCode = status ?? 2
}

/** With the arguments of this process. @returns its exit code. */
export function runProgram(program: string, env: NodeJS.ProcessEnv): number | null {
  const args = ['--require', './src/runtime.cjs', program, ...process.argv.slice(2)]
  return spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status
}
