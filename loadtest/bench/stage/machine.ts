import { cpus, loadavg, release, totalmem } from 'node:os'
import type { MachineFacts } from '../../result.ts'
import { fileSystemOf } from './fileSystem.ts'

/** What the figures were measured on. `dataFolder` exists already. */
export function describeMachine(dataFolder: string, versions: Record<string, string>): MachineFacts {
  const cores = cpus()
  return {
    cpuModel: cores[0]?.model.trim() || 'unknown',
    cores: cores.length,
    memoryBytes: totalmem(),
    kernel: release(),
    dataFileSystem: fileSystemOf(dataFolder),
    versions: { node: process.version, ...versions },
    loadAverageBefore: loadavg()[0] ?? 0,
  }
}
