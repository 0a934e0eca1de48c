import { readFile } from 'node:fs/promises'

/** The resident memory of a process during a run. */
export interface MemorySamples {
  /** In MiB, oldest first. */
  mib: number[]
}

const SAMPLE_EVERY_MS = 500
/** Eight hours of samples; a longer run is judged by its last ones. */
const SAMPLES_MAX = 57_600
/** The tolerated growth from the second quarter to the last: a leak grows without bound, a working set does not. */
const GROWTH_MAX = 1.1
/**
 * The limit of the last quarter's mean, for all roles in one process. Measured: 304 from the 35th second to the last; a
 * single role has up to 225 under full load, of which 60 are the program file.
 */
const MIB_MAX = 400
/**
 * The tolerated lasting peak after the first quarter, relative to the second quarter's mean: temporary unbounded growth
 * can also kill a process.
 */
const PEAK_MAX = 1.25
/** The samples that make a peak lasting. A single one may precede a garbage collection. */
const LASTING = 3

export function watchMemory(pid: number): MemorySamples & { stop(): void } {
  const mib: number[] = []
  const sample = async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
    if (kib !== undefined && mib.length < SAMPLES_MAX) mib.push(Number(kib) / 1_024)
  }
  const timer = setInterval(() => void sample(), SAMPLE_EVERY_MS)
  return { mib, stop: () => clearInterval(timer) }
}

export interface MemoryVerdict {
  second: number
  last: number
  most: number
  faults: string[]
}

/** Compares the means of the second and the last quarter of the run; the first is the program warming up. */
export function judgeMemory({ mib }: MemorySamples): MemoryVerdict {
  const quarter = Math.floor(mib.length / 4)
  if (quarter === 0)
    return { second: 0, last: 0, most: 0, faults: ['memory: too few samples to say anything'] }
  const second = mean(mib.slice(quarter, 2 * quarter))
  const last = mean(mib.slice(-quarter))
  const most = Math.max(...mib)
  const peak = highestLasting(mib.slice(quarter))
  const faults: string[] = []
  if (last > second * GROWTH_MAX)
    faults.push(`memory: grew from ${second.toFixed(0)} to ${last.toFixed(0)} MiB`)
  if (last > MIB_MAX) faults.push(`memory: ended at ${last.toFixed(0)} MiB, above ${MIB_MAX}`)
  if (peak > second * PEAK_MAX)
    faults.push(`memory: had ${peak.toFixed(0)} MiB for a moment, and ${second.toFixed(0)} before`)
  return { second, last, most, faults }
}

/** 0 when there are fewer samples than that. */
function highestLasting(mib: number[]): number {
  const windows = mib.slice(LASTING - 1).map((_, index) => mib.slice(index, index + LASTING))
  return Math.max(0, ...windows.map((window) => Math.min(...window)))
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
