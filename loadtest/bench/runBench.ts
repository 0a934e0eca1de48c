import type { StopList } from '../../dev/processes/stopList.ts'
import type { BenchReport } from '../result.ts'
import type { Bench } from './bench.ts'
import type { Findings } from './findings.ts'
import { formOf } from './form.ts'
import { judgeTargets, S7_RSS_MAX_BYTES } from './judge.ts'
import { listRatios } from './ratios.ts'
import { listTables } from './tables.ts'
import { readQueueTypes } from './stage/durability.ts'
import type { BenchOptions } from './options.ts'
import { planSteps } from './plan.ts'
import { createProgress } from './progress.ts'
import { describeSubject } from './stage/subject.ts'
import type { Stage } from './stage/stage.ts'

/** Runs the chosen scenarios in order and assembles the report. Rejects when a scenario cannot be run. */
export async function runBench(
  stage: Stage,
  options: BenchOptions,
  stopList: StopList,
  print: (line: string) => void,
): Promise<BenchReport> {
  const startedAt = new Date()
  const form = formOf(options.form, options.seconds)
  const steps = planSteps(form, options)
  const progress = createProgress(steps, print)
  const findings: Findings = { runs: [], baselines: [] }
  const bench: Bench = { stage, form, options, stopList, findings, say: (line) => progress.say(line) }
  for (const { name, perform } of steps) {
    progress.begin(name)
    await perform(bench)
  }
  const { machine, servers } = stage
  const queues = await readQueueTypes(servers)
  const durability = [...stage.durability, ...queues]
  for (const { name, value } of queues) print(`durability  ${name} = ${value}`)
  return {
    version: 1,
    title: 'Chapar benchmark',
    command: options.command,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    isShort: form.isShort,
    subject: await describeSubject(),
    ...{ machine, durability, memoryLimitBytes: S7_RSS_MAX_BYTES },
    runs: findings.runs,
    baselines: findings.baselines,
    ratios: listRatios(findings, form.isShort),
    targets: judgeTargets(findings, { cores: machine.cores, isShort: form.isShort }),
    tables: listTables(findings),
  }
}
