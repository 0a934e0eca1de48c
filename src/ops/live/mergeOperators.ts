import type { ListedOperator } from '../../operators/index.ts'
import { CLASSES } from '../../primitives/messageClass.ts'
import type { RunningProcess } from '../../processes/index.ts'
import type { LiveOperator, LiveOperatorClass } from './types.ts'

type Reported = RunningProcess['state']['operators'][number]

const BREAKERS = ['closed', 'half-open', 'open'] as const

/** @returns every operator, in order of preference: as it is controlled, and as the consumers reach it. */
export function mergeOperators(processes: RunningProcess[], listed: ListedOperator[]): LiveOperator[] {
  const reported = processes.flatMap(({ state }) => state.operators)
  const names = new Set([...listed.map(({ name }) => name), ...reported.map(({ name }) => name)])
  return [...names].map((name) => {
    const ofName = reported.filter((each) => each.name === name)
    const control = listed.find((each) => each.name === name)
    return {
      name,
      isTest: ofName.some(({ isTest }) => isTest),
      control: control ? toControl(control) : null,
      throughput: control?.throughput ?? null,
      classes: CLASSES.flatMap((type) => {
        const ofClass = ofName.filter((each) => each.class === type)
        return ofClass.length === 0 ? [] : mergeClass(ofClass)
      }),
      results: sumResults(processes, name),
    }
  })
}

function toControl({ state, weight, reason, changedBy, changedAt }: ListedOperator): LiveOperator['control'] {
  return { state, weight, reason, by: changedBy, at: changedAt }
}

function mergeClass(reported: Reported[]): LiveOperatorClass {
  const worst = Math.max(...reported.map(({ breaker }) => BREAKERS.indexOf(breaker)))
  const paces = reported.map(({ callsPerSecond }) => callsPerSecond)
  const sum = (of: (each: Reported) => number | undefined) =>
    reported.reduce((total, each) => total + (of(each) ?? 0), 0)
  return {
    class: reported[0]?.class ?? 'normal',
    breaker: BREAKERS[worst] ?? 'closed',
    processes: reported.length,
    openProcesses: reported.filter(({ breaker }) => breaker !== 'closed').length,
    openForMs: reported.reduce<number | null>(
      (longest, { openForMs }) => (openForMs === null ? longest : Math.max(longest ?? 0, openForMs)),
      null,
    ),
    // One process without a bound leaves all of them without one.
    callsPerSecond: paces.includes(null) ? null : sum(({ callsPerSecond }) => callsPerSecond ?? 0),
    callsInFlight: sum(({ callsInFlight }) => callsInFlight),
    callsInFlightMax: sum(({ callsInFlightMax }) => callsInFlightMax),
  }
}

function sumResults(processes: RunningProcess[], name: string): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { state } of processes)
    for (const [result, count] of Object.entries(state.traffic?.operators[name] ?? {}))
      sums[result] = (sums[result] ?? 0) + count
  return sums
}
