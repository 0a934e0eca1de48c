import { readFlags } from '../../dev/commands/readFlags.ts'
import { assertMakeVariables } from '../makeVariables.ts'

export const SCENARIOS = [
  's1',
  's1-single',
  's2',
  's2-single',
  's3',
  's4',
  'estimates',
  's5',
  's6',
  's8',
  'keys',
  'limit',
  'receipts',
  'followed',
  'dead-endpoint',
  'throttled',
  'deadlines',
  'old-read-view',
  'fair-share',
  'weights',
  'flood',
  'audit-live',
  'tracing',
  'reports',
  'one-by-one',
  'mysql-alone',
] as const
export type Scenario = (typeof SCENARIOS)[number]

/** The scenarios that another commit is compared by. */
const COMPARED: readonly Scenario[] = ['s1', 's2']

export const HELP = `make bench [FORM=short|whole] [STRICT=1] [AGAINST=<commit>] [ARGS='<flags>']

  FORM     short (default) shows in a few minutes that everything works; whole gives figures to quote
  STRICT   1: a missed target makes the exit code 1
  AGAINST  compares s1 and s2 with another commit, in turn

Flags in ARGS:
  --only <names>     only these scenarios, separated by commas; some run in no other way:
                     ${SCENARIOS.join(', ')}
  --rate <number>    offered requests a second, instead of a search for the highest rate
  --seconds <number> duration of each load
  --env KEY=VALUE    a setting of the engine's processes; may be repeated
  --help             this text`

export interface BenchOptions {
  form: 'short' | 'whole'
  /** The scenarios to run; undefined: all. */
  only: readonly Scenario[] | undefined
  /** Another commit to compare with; undefined: the scenarios. */
  against: string | undefined
  /** Requests a second, instead of a search for the highest rate. */
  rate: number | undefined
  /** Replaces the form's durations. */
  seconds: number | undefined
  /** Settings of the engine's processes. */
  env: Record<string, string>
  /** A missed target makes the exit code 1. */
  isStrict: boolean
  /** As it was typed, for the report. */
  command: string
}

/** @throws Error that names the wrong option, in one line. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): BenchOptions {
  assertMakeVariables(env, ['FORM', 'STRICT', 'AGAINST'])
  const values = readFlags('bench', args, {
    against: { type: 'string' },
    only: { type: 'string' },
    form: { type: 'string' },
    rate: { type: 'string' },
    seconds: { type: 'string' },
    env: { type: 'string', multiple: true },
    strict: { type: 'boolean' },
  })
  const form = values.form ?? (env['FORM'] || 'short')
  if (form !== 'short' && form !== 'whole') throw new Error(`FORM must be short or whole, not "${form}"`)
  const against = values.against ?? (env['AGAINST'] || undefined)
  const only = values.only?.split(',').map(readScenario)
  const notCompared = against === undefined ? [] : (only ?? []).filter((name) => !COMPARED.includes(name))
  if (notCompared.length > 0)
    throw new Error(`AGAINST compares ${COMPARED.join(' and ')}, not ${notCompared.join(', ')}`)
  return {
    ...{ form, against, only },
    rate: readNumber('--rate', values.rate),
    seconds: readNumber('--seconds', values.seconds),
    env: Object.fromEntries((values.env ?? []).map(readSetting)),
    isStrict: values.strict ?? env['STRICT'] === '1',
    command: describeCommand(form, env['AGAINST'], args),
  }
}

function describeCommand(form: string, against: string | undefined, args: readonly string[]): string {
  const variables = [`FORM=${form}`, ...(against ? [`AGAINST=${against}`] : [])]
  const flags = args.length > 0 ? [`ARGS='${args.join(' ')}'`] : []
  return ['make bench', ...variables, ...flags].join(' ')
}

function readScenario(text: string): Scenario {
  const found = SCENARIOS.find((name) => name === text.trim().toLowerCase())
  if (found === undefined) throw new Error(`--only knows ${SCENARIOS.join(', ')}, not "${text}"`)
  return found
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!(number > 0) || !Number.isFinite(number))
    throw new Error(`${name} must be a number above 0, not "${text}"`)
  return number
}

function readSetting(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--env must be KEY=VALUE, not "${text}"`)
  return [text.slice(0, at), text.slice(at + 1)]
}
