import { givenSettings } from './givenSettings.ts'
import type { StackState } from './state.ts'

/** What `make up` says of a stack that runs: it keeps the settings of its start, also where the caller now gives others. */
export function alreadyUp(env: NodeJS.ProcessEnv, { given = {} }: Pick<StackState, 'given'>): string[] {
  const now = Object.entries(givenSettings(env))
  const others = now.filter(([name, value]) => value !== given[name]).map(([name]) => name)
  const ofStart = Object.keys(given)
  return [
    `Chapar is already up, with the settings of its start${ofStart.length > 0 ? `: ${ofStart.join(', ')}` : ''}`,
    ...(others.length > 0
      ? [`not applied: ${others.join(', ')}; run "make down" first to change settings`]
      : []),
  ]
}
