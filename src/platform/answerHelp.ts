const HELP_FLAGS = ['--help', '-h']

export function asksForHelp(args: readonly string[] = process.argv.slice(2)): boolean {
  return args.some((arg) => HELP_FLAGS.includes(arg))
}

/** Prints how a program is used and ends the process with code 0, if its arguments ask for that. */
export function answerHelp(usage: string): void {
  if (!asksForHelp()) return
  console.log(usage)
  process.exit(0)
}
