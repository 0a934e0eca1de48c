import { readFlags } from '../../dev/commands/readFlags.ts'
import { assertMakeVariables } from '../../loadtest/makeVariables.ts'

export interface HostileOptions {
  count: number
  /** Decides every request by its index. */
  seed: number
  /** Sends only this request and prints it. */
  only?: number
}

const COUNT_MAX = 100_000_000
const SEED_MAX = 0xffff_ffff

/** @throws Error with the reason in one line. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): HostileOptions {
  assertMakeVariables(env, ['COUNT', 'SEED', 'ONLY'])
  const values = readFlags('hostile', args, {
    count: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
  })
  const only = values.only ?? env['ONLY']
  return {
    count: readWhole('COUNT', values.count ?? (env['COUNT'] || '10000'), COUNT_MAX),
    seed: readWhole('SEED', values.seed ?? (env['SEED'] || '1'), SEED_MAX),
    ...(only ? { only: readWhole('ONLY', only, COUNT_MAX) } : {}),
  }
}

function readWhole(name: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= most) return value
  throw new Error(`${name} must be a whole number from 0 to ${most}, not "${text}"`)
}
