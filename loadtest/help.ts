import { describeRows } from '../src/platform/config/index.ts'
import type { Settings } from '../src/platform/config/index.ts'

/** Whether the command line asks for help instead of work. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

/** The settings of a command for `--help`, a line each, with their defaults in brackets. */
export function describeSettings(settings: Settings): string[] {
  const rows = describeRows(settings)
  const width = Math.max(...rows.map(({ name }) => name.length))
  return rows.map(({ name, meaning, default: preset }) => {
    const shown = preset === '' ? '' : ` [${preset}]`
    return `  ${name.padEnd(width)}  ${meaning}${shown}`
  })
}
