import { describeMachine } from './bench/stage/machine.ts'
import { describeSubject } from './bench/stage/subject.ts'
import { readDurability } from './bench/stage/durability.ts'
import type { BenchReport, RunResult } from './result.ts'
import type { Target } from './target.ts'

/** The report of one load: the same page as the benchmark's, of one run, without targets. */
export async function toLoadReport(run: RunResult, target: Target, startedAt: Date): Promise<BenchReport> {
  const { databaseUrl, dataFolder, baseUrl, versions } = target
  // A user of the database who may not look at its settings is no reason to go without a report.
  const durability = databaseUrl
    ? await readDurability({ databaseAdminUrl: databaseUrl }).catch(() => [])
    : []
  const machine = describeMachine(dataFolder ?? '/', versions)
  return {
    version: 1,
    title: 'Chapar under load',
    command: `make loadtest, on ${baseUrl}`,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    isShort: false,
    subject: await describeSubject(),
    machine: dataFolder === undefined ? { ...machine, dataFileSystem: undefined } : machine,
    durability,
    runs: [run],
    ...{ baselines: [], ratios: [], targets: [], tables: [] },
  }
}
