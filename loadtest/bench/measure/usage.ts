import type { ByPart, CpuCost, Part } from '../../result.ts'
import { readProcessStat } from '../stage/processStat.ts'
import type { ProcessStat } from '../stage/processStat.ts'

/** The processes of each part, as they are while a run lasts. */
export type Processes = ByPart<number[]>

/** The resources that the parts have used up to a moment. */
export interface Usage {
  atMs: number
  /** All processes of the part together; only differences mean something. */
  cpuMicros: ByPart<number>
  /** Of the part's largest process. */
  rssBytes: ByPart<number>
}

export function readUsage(
  processes: Processes,
  readStat: (pid: number) => ProcessStat | undefined = readProcessStat,
): Usage {
  const usage: Usage = { atMs: performance.now(), cpuMicros: {}, rssBytes: {} }
  for (const [part, pids] of Object.entries(processes) as [Part, number[]][]) {
    const stats = pids.map(readStat).filter((stat) => stat !== undefined)
    usage.cpuMicros[part] = stats.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0)
    usage.rssBytes[part] = Math.max(0, ...stats.map(({ rssBytes }) => rssBytes))
  }
  return usage
}

/** How many cores each part kept busy between two samples. A process that ended meanwhile counts as idle. */
export function coresBetween(before: Usage, after: Usage): ByPart<number> {
  const elapsedMicros = (after.atMs - before.atMs) * 1_000
  const cores: ByPart<number> = {}
  for (const [part, cpuMicros] of Object.entries(after.cpuMicros) as [Part, number][]) {
    const used = Math.max(0, cpuMicros - (before.cpuMicros[part] ?? cpuMicros))
    cores[part] = elapsedMicros > 0 ? used / elapsedMicros : 0
  }
  return cores
}

/** The CPU time of each part per message between two samples. */
export function costsBetween(before: Usage, after: Usage, messages: number): ByPart<CpuCost> {
  const elapsedMicros = (after.atMs - before.atMs) * 1_000
  const costs: ByPart<CpuCost> = {}
  for (const [part, cores] of Object.entries(coresBetween(before, after)) as [Part, number][])
    costs[part] = { cores, microsPerMessage: messages > 0 ? (cores * elapsedMicros) / messages : 0 }
  return costs
}
