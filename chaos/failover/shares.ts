import { setTimeout as pause } from 'node:timers/promises'
import type { EngineProcesses } from '../stage/engineProcesses.ts'
import { ROLES } from '../steps.ts'
import type { Role } from '../steps.ts'

/** What the processes of a role did, by their metrics. */
export interface Share {
  role: Role
  what: string
  counts: number[]
  /** By how much the busiest process is above or below an even share; 0.1 is wanted at most. */
  deviation: number
}

const MEASURED_MS = 60_000
const SCRAPE_TIMEOUT_MS = 10_000

/** The work of each role, as a counter of its processes. */
const WORK: Record<Role, { metric: string; what: string }> = {
  api: { metric: 'chapar_accepted_recipients_total', what: 'messages accepted' },
  relay: { metric: 'chapar_published_recipients_total', what: 'messages published' },
  consumer: { metric: 'chapar_operator_results_total', what: 'messages submitted' },
}

/** Counts what each process does in a minute. */
export async function measureShares(processes: EngineProcesses): Promise<Share[]> {
  const before = await countAll(processes)
  await pause(MEASURED_MS)
  const after = await countAll(processes)
  return ROLES.map((role) => {
    const counts = after[role].map((count, index) => count - (before[role][index] ?? 0))
    return { role, what: WORK[role].what, counts, deviation: deviationOf(counts) }
  })
}

export function deviationOf(counts: readonly number[]): number {
  const even = counts.reduce((sum, each) => sum + each, 0) / counts.length
  return Math.max(...counts.map((each) => Math.abs(each - even))) / even
}

/** Of all series of a counter. */
export function sumOf(metric: string, text: string): number {
  const series = text.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? ([0-9.e+]+)$`, 'gm'))
  return [...series].reduce((sum, [, value]) => sum + Number(value), 0)
}

async function countAll(processes: EngineProcesses): Promise<Record<Role, number[]>> {
  const counted = ROLES.map(async (role) => {
    const counts = processes.of(role).map(({ program }) => count(WORK[role].metric, program?.url ?? ''))
    return [role, await Promise.all(counts)] as const
  })
  return Object.fromEntries(await Promise.all(counted)) as Record<Role, number[]>
}

async function count(metric: string, url: string): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) })
  return sumOf(metric, await answer.text())
}
