import { asksForHelp } from '../../src/platform/answerHelp.ts'
import { COMMANDS, type CommandHelp, type CommandName } from './catalogue.ts'

/** Prints a command's help and ends the process with code 0 if the arguments ask for it. */
export function answerHelp(name: CommandName, args: readonly string[] = process.argv.slice(2)): void {
  if (!asksForHelp(args)) return
  console.log(describeCommand(name).join('\n'))
  process.exit(0)
}

export function describeCommand(name: CommandName): string[] {
  const { summary, usage = [], options = [] }: CommandHelp = COMMANDS[name]
  const width = Math.max(0, ...options.map(([option]) => option.length))
  return [
    `make ${name}: ${summary}`,
    ...usage.map((line) => `  ${line}`),
    ...(options.length > 0 ? ['', 'variables and flags'] : []),
    ...options.map(([option, meaning]) => `  ${option.padEnd(width)}  ${meaning}`),
  ]
}

/** The lines of `make help`, in which the Makefile repeats them: it has to answer before anything is installed. */
export function describeCommands(): string[] {
  const names = Object.keys(COMMANDS) as CommandName[]
  const width = Math.max(...names.map((name) => name.length))
  return names.map((name) => `make ${name.padEnd(width)}  ${COMMANDS[name].summary}`)
}
