import type { StopList } from '../../../dev/processes/stopList.ts'
import type { BenchReport } from '../../result.ts'
import type { Bench } from '../bench.ts'
import { formOf } from '../form.ts'
import type { BenchOptions } from '../options.ts'
import { createProgress } from '../progress.ts'
import { HUNDRED_RECIPIENTS } from '../scenarios/hundredRecipients.ts'
import { ONE_RECIPIENT } from '../scenarios/oneRecipient.ts'
import { readQueueTypes } from '../stage/durability.ts'
import type { Stage } from '../stage/stage.ts'
import { describeSubject } from '../stage/subject.ts'
import { checkOut } from './checkOut.ts'
import { compareScenario, medianRun } from './compareScenario.ts'
import type { ComparedScenario } from './compareScenario.ts'
import type { Comparison } from '../findings.ts'
import { comparisonTables, judgeComparison, ratioOf } from './describeComparison.ts'
import { otherSide, thisSide } from './side.ts'

const SCENARIOS: readonly ComparedScenario[] = [
  { name: 'S1', title: 'one recipient a request', load: ONE_RECIPIENT, start: 2_000 },
  { name: 'S2', title: '100 recipients a request', load: HUNDRED_RECIPIENTS, start: 100 },
]
/** Processes that start, customers that are topped up over HTTP, two audits. */
const AROUND_SECONDS = 25
/** The time after each look for draining the rest and reading the figures. */
const AFTER_LOOK_SECONDS = 2

/** `make bench AGAINST=<ref>`: this checkout and another commit in turn, by this checkout's load generator. */
export async function runComparison(
  stage: Stage,
  options: BenchOptions & { against: string },
  stopList: StopList,
  print: (line: string) => void,
): Promise<BenchReport> {
  const startedAt = new Date()
  const form = formOf(options.form, options.seconds)
  const scenarios = SCENARIOS.filter(
    ({ name }) => options.only?.some((only) => only.toUpperCase() === name) ?? true,
  )
  const steps = scenarios.map(({ name }) => ({ name, seconds: secondsOf(options, form) }))
  const progress = createProgress(steps, print)
  const bench: Bench = {
    ...{ stage, form, options, stopList, findings: { runs: [], baselines: [] } },
    say: (line) => progress.say(line),
  }
  const other = await checkOut(options.against, stopList, print)
  const sides = [thisSide(stage), await otherSide(stage, other, stopList)] as const
  const comparisons: Comparison[] = []
  for (const scenario of scenarios) {
    progress.begin(scenario.name)
    comparisons.push(await compareScenario(bench, scenario, sides))
  }
  const queues = await Promise.all(
    sides.map(async ({ stage: { servers }, virtualHost, name }) =>
      (await readQueueTypes(servers, virtualHost)).map((fact) => ({
        ...fact,
        name: `${name}: ${fact.name}`,
      })),
    ),
  )
  for (const { name, value } of queues.flat()) print(`durability  ${name} = ${value}`)
  return {
    ...{ version: 1, title: `Chapar against ${other.name}`, command: options.command },
    ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime() },
    ...{ isShort: form.isShort, subject: await describeSubject(), machine: stage.machine },
    durability: [...stage.durability, ...queues.flat()],
    runs: comparisons.flatMap(({ ours, theirs }) => [ours, theirs].flatMap(representative)),
    baselines: [],
    ratios: comparisons.map(ratioOf),
    targets: comparisons.map(judgeComparison),
    tables: comparisons.flatMap(comparisonTables),
  }
}

function secondsOf({ rate }: BenchOptions, { against, probe }: Bench['form']): number {
  const look = (time: Bench['form']['run']) => (time.warmUpMs + time.durationMs) / 1_000 + AFTER_LOOK_SECONDS
  const searched = rate === undefined ? 2 * against.probesMax * look(probe) : 0
  return AROUND_SECONDS + searched + (2 * against.turns + 1) * look(against.time)
}

/** The look with the median rate, with the audit of its side. */
function representative(runs: Comparison['ours']): Comparison['ours'] {
  const [run, audit] = [medianRun(runs), runs.at(-1)?.audit]
  return run && audit ? [{ ...run, audit }] : []
}
