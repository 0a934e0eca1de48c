import { readFlags } from '../dev/commands/readFlags.ts'
import { assertMakeVariables } from '../loadtest/makeVariables.ts'

/** Without faults by chance, on the present program alone. */
const SCENARIOS = ['cancel', 'schedule', 'outage', 'restart'] as const
export type ScenarioName = (typeof SCENARIOS)[number]
/** `upgrade`: nothing but the upgrade and the rollback. */
const ONLY = ['upgrade', ...SCENARIOS] as const
export type Only = (typeof ONLY)[number]

export interface ChaosOptions {
  /** Decides which faults happen when; what they meet is up to the machine. */
  seed: number
  /** Of the part in which faults happen beside each other, or of the scenario's outage. */
  durationMs: number
  /** How close faults follow each other: 1 is several at any moment, 2 twice as many. */
  intensity: number
  /** The calm part tries every kind of fault alone; otherwise one of each group. */
  isWhole: boolean
  /** Keep logs and the database's data though nothing was found. */
  keeps: boolean
  /** What the run is confined to; undefined: everything happens to the engine. */
  only?: Only
  /** The commit that the processes begin with; undefined: the baseline's. */
  upgradeFrom?: string
}

const SEED_MAX = 0xffff_ffff
const SHORT_MS = 60_000
const WHOLE_FROM_MS = 300_000
const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** @throws Error that says what is wrong, in one line. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): ChaosOptions {
  assertMakeVariables(env, ['SEED', 'DURATION', 'INTENSITY', 'KEEP', 'ONLY', 'UPGRADE_FROM'])
  const values = readFlags('chaos', args, {
    seed: { type: 'string' },
    duration: { type: 'string' },
    intensity: { type: 'string' },
    keep: { type: 'boolean' },
    only: { type: 'string' },
    'upgrade-from': { type: 'string' },
  })
  const upgradeFrom = values['upgrade-from'] ?? env['UPGRADE_FROM']
  const only = readOnly(values.only ?? env['ONLY'])
  const durationMs = readDuration(values.duration ?? (env['DURATION'] || `${SHORT_MS}ms`))
  return {
    seed: readSeed(values.seed ?? (env['SEED'] || '1')),
    durationMs,
    intensity: readIntensity(values.intensity ?? (env['INTENSITY'] || '1')),
    isWhole: durationMs >= WHOLE_FROM_MS,
    keeps: values.keep ?? env['KEEP'] === '1',
    ...(only && { only }),
    ...(upgradeFrom && { upgradeFrom }),
  }
}

function readOnly(text = ''): Only | undefined {
  const only = ONLY.find((each) => each === text)
  if (text === '' || only) return only
  throw new Error(`ONLY must be ${ONLY.join(' or ')}, not "${text}"`)
}

/** @returns the scenario that the run is by itself; undefined: it is none. */
export function scenarioOf({ only }: Pick<ChaosOptions, 'only'>): ScenarioName | undefined {
  return SCENARIOS.find((each) => each === only)
}

function readSeed(text: string): number {
  const seed = Number(text)
  if (Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX) return seed
  throw new Error(`SEED must be a whole number from 0 to ${SEED_MAX}, not "${text}"`)
}

/** `90`, `90s` and `1.5m` are the same. */
function readDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  const durationMs = Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS]
  if (durationMs > 0) return durationMs
  throw new Error(`DURATION must be a time like 60s or 20m, not "${text}"`)
}

function readIntensity(text: string): number {
  const intensity = Number(text)
  if (intensity >= 0.1 && intensity <= 10) return intensity
  throw new Error(`INTENSITY must be a number from 0.1 to 10, not "${text}"`)
}
