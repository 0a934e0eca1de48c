import { readFlags } from '../../dev/commands/readFlags.ts'
import { assertMakeVariables } from '../../loadtest/makeVariables.ts'

/** What fails. `shares`: nothing does; how two processes of each role share the work is measured. */
export const SCENARIOS = ['database', 'broker', 'shares'] as const
export type ScenarioName = (typeof SCENARIOS)[number]

export interface FailoverOptions {
  only: readonly ScenarioName[]
  /** Requests a second, of one message each. */
  rate: number
  seed: number
  /** Keep logs and data though nothing was found. */
  keeps: boolean
}

const RATE_MAX = 1_000

/** @throws Error that says what is wrong, in one line. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): FailoverOptions {
  assertMakeVariables(env, ['ONLY', 'RATE', 'SEED', 'KEEP'])
  const values = readFlags('failover', args, {
    only: { type: 'string' },
    rate: { type: 'string' },
    seed: { type: 'string' },
    keep: { type: 'boolean' },
  })
  const only = (values.only ?? env['ONLY']) || SCENARIOS.join(',')
  return {
    only: only.split(',').map(readScenario),
    rate: readWhole('RATE', values.rate ?? (env['RATE'] || '100'), RATE_MAX),
    seed: readWhole('SEED', values.seed ?? (env['SEED'] || '1'), 0xffff_ffff),
    keeps: values.keep ?? env['KEEP'] === '1',
  }
}

function readScenario(text: string): ScenarioName {
  const name = SCENARIOS.find((known) => known === text)
  if (!name) throw new Error(`ONLY must be ${SCENARIOS.join(', ')} or several of them, not "${text}"`)
  return name
}

function readWhole(name: string, text: string, max: number): number {
  const number = Number(text)
  if (!/^[0-9]+$/.test(text) || number < 1 || number > max)
    throw new Error(`${name} must be a whole number from 1 to ${max}, not "${text}"`)
  return number
}
