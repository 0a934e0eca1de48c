import { FAULTS } from './faults/catalogue.ts'
import type { Fault } from './faults/fault.ts'
import type { ChaosOptions } from './options.ts'
import { ROLES, STEPS } from './steps.ts'
import { UPGRADE_KINDS } from './upgrade.ts'

/** What happened to the engine in a run, and what it did meanwhile. */
export interface Encountered {
  options: ChaosOptions
  /** By kind. */
  faults: Record<string, number>
  /** By role, or by role and step. */
  kills: Record<string, number>
  requests: { accepted: number }
}

/** Minimums for a 20-minute run. They scale with duration, and not above intensity 1. */
const FULL_RUN_MS = 1_200_000
const KILLS_MIN = 200
const RESTARTS_MIN = 20
const LINK_FAULTS_MIN = 50
const ACCEPTED_PER_SECOND_MIN = 2

type Minimum = [what: string, times: number, min: number]

/** A run that met too little, or did nothing meanwhile, proves nothing. @returns what is missing, one line each. */
export function describeShortfalls({ options, faults, kills, requests }: Encountered): string[] {
  const { durationMs, intensity, isWhole, isUpgradeOnly } = options
  const share = (durationMs * Math.min(1, intensity)) / FULL_RUN_MS
  const times = (wanted: (fault: Fault) => boolean) =>
    sum(FAULTS.filter(wanted).map(({ kind }) => faults[kind] ?? 0))
  const atSteps = sum(Object.entries(kills).map(([name, count]) => (name.includes(' at ') ? count : 0)))
  const minimums: Minimum[] = [
    ['requests accepted', requests.accepted, (durationMs / 1_000) * ACCEPTED_PER_SECOND_MIN],
    ...UPGRADE_KINDS.map((kind) => atLeastOnce(kind, faults[kind])),
  ]
  if (isUpgradeOnly) return shortfalls(minimums)
  minimums.push(
    ['kill -9', sum(Object.values(kills)), share * KILLS_MIN],
    ['restarts of MySQL', times(({ restarts }) => restarts === 'MySQL'), share * RESTARTS_MIN],
    ['restarts of RabbitMQ', times(({ restarts }) => restarts === 'RabbitMQ'), share * RESTARTS_MIN],
    ['faults of links', times(({ group }) => group === 'link'), share * LINK_FAULTS_MIN],
    ['kill -9 at a step', atSteps, 1],
  )
  // Alone, each kind is tried in every run of the whole form; at each step there is to be time for it.
  if (isWhole)
    for (const { kind, group } of FAULTS)
      if (group !== 'process') minimums.push(atLeastOnce(kind, faults[kind]))
  if (share >= 1) {
    for (const role of ROLES)
      for (const name of [role, ...STEPS[role].map((step) => `${role} at ${step}`)])
        minimums.push(atLeastOnce(`kill -9 of ${name}`, kills[name]))
  }
  return shortfalls(minimums)
}

function shortfalls(minimums: Minimum[]): string[] {
  return minimums
    .filter(([, count, min]) => count < min)
    .map(([what, count, min]) => `too little happened: ${what}: ${count} times, and not ${Math.ceil(min)}`)
}

function atLeastOnce(what: string, times = 0): Minimum {
  return [what, times, 1]
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
