import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The kernel's counters of one process. */
export interface ProcessStat {
  /** CPU time since its start, user and system, without its children. */
  cpuMicros: number
  rssBytes: number
}

export interface KernelUnits {
  ticksPerSecond: number
  pageBytes: number
}

// Counted after the command's name, which ends in the line's last ')' and may itself hold spaces and brackets.
const USER_TICKS_FIELD = 11
const SYSTEM_TICKS_FIELD = 12
const RSS_PAGES_FIELD = 21
const MICROS_PER_SECOND = 1_000_000

let units: KernelUnits | undefined

/** The units of /proc, which are this machine's. */
export function kernelUnits(): KernelUnits {
  const ask = (name: string) => Number(execFileSync('getconf', [name], { encoding: 'utf8' }))
  return (units ??= { ticksPerSecond: ask('CLK_TCK'), pageBytes: ask('PAGESIZE') })
}

/** Reads the line of /proc/PID/stat. */
export function parseProcessStat(line: string, { ticksPerSecond, pageBytes }: KernelUnits): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const number = (field: number) => Number(fields[field] ?? 0)
  const ticks = number(USER_TICKS_FIELD) + number(SYSTEM_TICKS_FIELD)
  return {
    cpuMicros: (ticks * MICROS_PER_SECOND) / ticksPerSecond,
    rssBytes: number(RSS_PAGES_FIELD) * pageBytes,
  }
}

/** Undefined for a process that has ended. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'latin1'), kernelUnits())
  } catch {
    return undefined
  }
}
