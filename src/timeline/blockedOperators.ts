import type { ListedOperator } from '../operators/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { RunningProcess } from '../processes/index.ts'

/** An operator that is not called, and why: a person stopped it, or its breaker is open in every process. */
export interface BlockedOperator {
  name: string
  state: 'paused' | 'drained' | 'unreachable'
  since: Date | null
  /** Of one that a person stopped. */
  by: string | null
  reason: string | null
}

export interface BlockedQuery {
  type: MessageClass
  isTest: boolean
  /** Names of the operators on a message's route; undefined where it is not known: then all of the class. */
  routed?: readonly string[] | undefined
  operators: readonly ListedOperator[]
  processes: readonly RunningProcess[]
}

/** @returns all operators of a route, when none of them is called; undefined while one is, or when that is not known. */
export function blockedOperators({
  type,
  isTest,
  routed,
  operators,
  processes,
}: BlockedQuery): BlockedOperator[] | undefined {
  const breakers = processes.flatMap(({ reportedAt, state }) =>
    state.operators
      .filter((each) => each.class === type && each.isTest === isTest)
      .map(({ name, openForMs }) => ({
        name,
        openSince: openForMs === null ? null : before(reportedAt, openForMs),
      })),
  )
  const isCut = processes.some(({ state }) => state.operatorsOmitted > 0)
  const reported = new Set(breakers.map(({ name }) => name))
  const controlOf = (name: string) => (isTest ? undefined : operators.find((each) => each.name === name))
  const ofClass = operators.filter(({ classes }) => classes.includes(type)).map(({ name }) => name)
  // An active one that no process knows is in no configuration any more. No process names one that is drained.
  const isKnown = (name: string) => reported.has(name) || (controlOf(name)?.state ?? 'active') !== 'active'
  const named = routed ?? ofClass
  const names = isTest ? [...reported] : reported.size === 0 || isCut ? named : named.filter(isKnown)
  const blocked = names.flatMap((name): BlockedOperator[] => {
    const control = controlOf(name)
    if (control && control.state !== 'active') {
      const { state, changedAt: since, changedBy: by, reason } = control
      return [{ name, state, since, by, reason }]
    }
    const times = breakers.filter((each) => each.name === name).map(({ openSince }) => openSince)
    const open = times.filter((time) => time !== null)
    if (isCut || open.length === 0 || open.length < times.length) return []
    return [{ name, state: 'unreachable', since: latest(open), by: null, reason: null }]
  })
  return names.length > 0 && blocked.length === names.length ? blocked : undefined
}

/** @returns since when none of them is called; null when that is not known. */
export function blockedSince(blocked: readonly BlockedOperator[]): Date | null {
  const times = blocked.flatMap(({ since }) => since ?? [])
  return times.length === blocked.length ? latest(times) : null
}

function before(time: Date, ms: number): Date {
  return new Date(time.getTime() - Math.round(ms))
}

function latest(times: readonly Date[]): Date {
  return new Date(Math.max(...times.map((time) => time.getTime())))
}
