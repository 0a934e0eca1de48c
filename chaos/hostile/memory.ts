import { readFile } from 'node:fs/promises'

/** The resident memory of a process while a run lasted. */
export interface MemorySamples {
  /** In MiB, oldest first. */
  mib: number[]
}

const SAMPLE_EVERY_MS = 500
/** Eight hours of samples; a run of hours is judged by its last. */
const SAMPLES_MAX = 57_600
/** The last quarter may have so much more than the second: a leak grows without end, a working set does not. */
const GROWTH_MAX = 1.1
/**
 * As a mean of the last quarter, of all roles in one process with the heap that any role has: alone each has up to 225
 * with it under full load, and 60 of them are the program's own file. Measured: 304 from the 35th second to the last.
 */
const MIB_MAX = 400
/**
 * After the first quarter nothing that lasts may have so much more than the second one's mean: what grows without
 * bounds for a moment ends a process as surely.
 */
const PEAK_MAX = 1.25
/** So many samples last: one alone may have met a heap before its collection. */
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

/** 0 when there are fewer than last. */
function highestLasting(mib: number[]): number {
  const windows = mib.slice(LASTING - 1).map((_, index) => mib.slice(index, index + LASTING))
  return Math.max(0, ...windows.map((window) => Math.min(...window)))
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
