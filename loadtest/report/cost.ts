import { PARTS } from '../result.ts'
import type { ByPart, CpuCost, Part, RunResult } from '../result.ts'

/** What watches is no part of what is watched, so it is in no sum. */
export const COUNTED_PARTS: readonly Part[] = PARTS.filter((part) => part !== 'bench')

/** CPU time a message of all parts together, in microseconds; undefined when it was not measured. */
export function totalMicros(cpu: ByPart<CpuCost> | undefined): number | undefined {
  if (!cpu) return undefined
  return COUNTED_PARTS.reduce((sum, part) => sum + (cpu[part]?.microsPerMessage ?? 0), 0)
}

/** The parts of which a run knows something, in the order in which they are always drawn. */
export function partsOf({ cpu, samples }: Pick<RunResult, 'cpu' | 'samples'>): Part[] {
  return PARTS.filter(
    (part) =>
      cpu?.[part] !== undefined ||
      samples.some(({ rssBytes, cpuCores }) => rssBytes[part] !== undefined || cpuCores[part] !== undefined),
  )
}

/** In words for a table: how the memory of the parts went on. */
export function memoryVerdict({ flat }: Pick<RunResult, 'flat'>): string {
  const figures = Object.entries(flat?.rssBytes ?? {})
  if (figures.length === 0) return '–'
  const growing = figures.filter(([, { isFlat }]) => !isFlat).map(([part]) => part)
  return growing.length === 0 ? 'flat' : `growing: ${growing.join(', ')}`
}
