import { parseArgs } from 'node:util'

/** A command with one action that works on a time: `npm run reports -- recompute --from TIME --to TIME`. */
export interface RangeCommand {
  name: string
  action: string
  usage: string
}

/** A date alone, or a time without an offset, would mean another time on another machine. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i

/** @returns the time that was given, its end not included. Ends the process, with the usage, when it cannot be read. */
export function readTimeRange(args: string[], command: RangeCommand): { fromMs: number; toMs: number } {
  try {
    const { values: options, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (options.help) {
      console.log(command.usage)
      process.exit(0)
    }
    const [action, ...others] = positionals
    if (action === undefined) throw new Error('no action given')
    if (action !== command.action) throw new Error(`unknown action ${action}`)
    if (others.length > 0) throw new Error(`${others.join(' ')} is not understood`)
    const [fromMs, toMs] = [readTime('--from', options.from), readTime('--to', options.to)]
    if (fromMs >= toMs) throw new Error('--from must be before --to')
    return { fromMs, toMs }
  } catch (error) {
    console.error(`${command.name}: ${(error as Error).message}\n${command.usage}`)
    process.exit(2)
  }
}

function readTime(name: string, text: string | undefined): number {
  if (text === undefined) throw new Error(`${name} is required`)
  const ms = TIME.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(ms)) throw new Error(`${name} must be a date and time with an offset, is ${text}`)
  return ms
}
