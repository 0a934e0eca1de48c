import { StartupFault } from '../startupFault.ts'
import { findMeant } from './nearMiss.ts'
import type { Settings, Values } from './setting.ts'

/** Lists the faults of all settings, one per line, so that a single start reports them all. */
export class ConfigFault extends StartupFault {
  readonly faults: string[]

  constructor(faults: string[]) {
    super(`wrong configuration\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.name = 'ConfigFault'
    this.faults = faults
  }
}

export interface ReadSettings<S extends Settings> {
  /** A setting that was not given is undefined; an invalid one is left out. */
  values: Partial<Values<S>>
  faults: string[]
}

/**
 * Reads every setting from the environment; an empty variable counts as not set, as the writer of an empty line in an
 * environment file means it. A variable whose name is nearly a setting's is a fault, because the default would silently
 * be used instead.
 */
export function readSettings<S extends Settings>(env: NodeJS.ProcessEnv, settings: S): ReadSettings<S> {
  const faults: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const text = env[name]?.trim() || setting.default
    if (text === undefined) {
      if (setting.required) faults.push(`${name} is required: ${setting.meaning}`)
      else values[name] = undefined
      continue
    }
    const result = setting.schema.safeParse(text)
    if (result.success) values[name] = result.data
    else faults.push(...result.error.issues.map((issue) => `${name} ${issue.message}`))
  }
  const known = Object.keys(settings)
  for (const name of Object.keys(env)) {
    const meant = findMeant(name, known)
    if (meant) faults.push(`${name} is not a setting; did you mean ${meant}?`)
  }
  return { values: values as Partial<Values<S>>, faults }
}
