import { FAULTS } from './faults/catalogue.ts'
import type { Fault } from './faults/fault.ts'
import { scenarioOf } from './options.ts'
import type { ChaosOptions } from './options.ts'
import type { Work } from './proof/countWork.ts'
import type { Proof } from './proof/prove.ts'
import { EVENT_STEPS, ROLES, STEPS } from './steps.ts'
import type { Role } from './steps.ts'
import { UPGRADE_KINDS } from './upgrade.ts'

/** What happened to the engine in a run, and what it did meanwhile. */
export interface Encountered {
  options: ChaosOptions
  /** By kind. */
  faults: Record<string, number>
  /** By role, or by role and step. */
  kills: Record<string, number>
  requests: { accepted: number }
  proof: Work &
    Pick<Proof, 'handedOverAsScheduled' | 'states' | 'takenOverSmpp' | 'deliveries' | 'events' | 'guarantees'>
}

/** Minimums for a 20-minute run. They scale with duration, and not above intensity 1. */
const FULL_RUN_MS = 1_200_000
const KILLS_MIN = 200
const RESTARTS_MIN = 20
const LINK_FAULTS_MIN = 50
const ACCEPTED_PER_SECOND_MIN = 2
/** Requests under idempotency keys. */
const REPEATED_PER_SECOND_MIN = 0.5
/** Of everything else that clients with keys do. */
const EACH_PER_SECOND_MIN = 0.05

type Minimum = [what: string, times: number, min: number]

/** A run that met too little, or did nothing meanwhile, proves nothing. @returns what is missing, one line each. */
export function describeShortfalls({ options, faults, kills, requests, proof }: Encountered): string[] {
  const { durationMs, intensity, isWhole, only } = options
  // A scenario says by itself what it should have measured.
  if (scenarioOf(options)) return []
  const seconds = durationMs / 1_000
  const share = (durationMs * Math.min(1, intensity)) / FULL_RUN_MS
  const times = (wanted: (fault: Fault) => boolean) =>
    sum(FAULTS.filter(wanted).map(({ kind }) => faults[kind] ?? 0))
  const each = seconds * EACH_PER_SECOND_MIN
  const atSteps = sum(Object.entries(kills).map(([name, count]) => (name.includes(' at ') ? count : 0)))
  const minimums: Minimum[] = [
    ['requests accepted', requests.accepted, seconds * ACCEPTED_PER_SECOND_MIN],
    ['requests repeated under a key', proof.repeated, seconds * REPEATED_PER_SECOND_MIN],
    ['messages cancelled', proof.states['cancelled'] ?? 0, each],
    ['scheduled messages handed over', proof.handedOverAsScheduled, each],
    ['bulks accepted', proof.bulks, each],
    ['messages accepted by tariffs', proof.tariffed, each],
    ['refusals for the limit of a day', proof.spendRefusals, each],
    ['top-ups under a key', proof.keyedTopUps, each],
    ['messages taken over SMPP', proof.takenOverSmpp, each],
    ['messages delivered, by receipts', proof.deliveries.delivered, seconds * ACCEPTED_PER_SECOND_MIN],
    ['messages not delivered, by receipts', proof.deliveries.undelivered, each],
    ...UPGRADE_KINDS.map((kind) => atLeastOnce(kind, faults[kind])),
  ]
  if (only === 'upgrade') return shortfalls(minimums)
  minimums.push(
    // Not of the upgrade alone: test keys are given when it is over.
    ['test messages accepted', proof.testMessages, each],
    // Like them: an older program makes no events.
    ['events at endpoints', proof.events.atEndpoints, each],
    ['events at addresses of messages', proof.events.atCallbacks, each],
    ['requests that endpoints failed', proof.events.failedRequests, each],
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
    minimums.push(
      atLeastOnce('missed guarantees compensated', proof.guarantees.compensated),
      atLeastOnce('messages sent to a second operator', proof.guarantees.hedges),
    )
    for (const role of ROLES)
      for (const name of [role, ...stepsOf(role).map((step) => `${role} at ${step}`)])
        minimums.push(atLeastOnce(`kill -9 of ${name}`, kills[name]))
  }
  return shortfalls(minimums)
}

function stepsOf(role: Role): string[] {
  return STEPS[role].filter((step) => !EVENT_STEPS.includes(step))
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
