import { alignColumns, tableLines } from '../report/index.ts'
import type { BenchReport, Ratio, RunResult, TargetVerdict } from '../result.ts'
import type { Stage } from './stage/stage.ts'

const GIB = 1024 ** 3

/** The environment of the figures, printed before the first run. */
export function describeStage({ machine, durability }: Stage): string[] {
  const { cpuModel, cores, memoryBytes, kernel, dataFileSystem, versions, loadAverageBefore } = machine
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `machine     ${cores} x ${cpuModel}, ${(memoryBytes / GIB).toFixed(0)} GiB, Linux ${kernel}, load ${loadAverageBefore.toFixed(2)} before`,
    `versions    ${known.join(', ')}`,
    `data on     ${dataFileSystem ?? 'a file system that is not known'}`,
    ...durability.map(({ name, value, note }) => `durability  ${name} = ${value}${note ? ` (${note})` : ''}`),
  ]
}

/** The summary at the end: figures, tables, ratios and verdicts. */
export function describeOutcome(report: BenchReport): string[] {
  const { ratios, targets, runs, tables, baselines, isShort } = report
  return [
    '',
    ...tableLines(report),
    ...runs.flatMap(({ name, notes = [] }) => notes.map((note) => `${name}: ${note}`)),
    ...tables.flatMap(({ title, columns, rows }) => [
      '',
      title,
      ...alignColumns([columns, ...rows.map((row) => row.map(String))]).map((line) => `  ${line}`),
    ]),
    '',
    ...(baselines.length > 0 ? ['baselines'] : []),
    ...baselines.map(({ name, messagesPerSecond, notes = [] }) =>
      ['', name, `${messagesPerSecond.toFixed(0)} messages/s`, ...notes].join('  '),
    ),
    'ratios',
    ...ratios.map(
      (ratio) => `  ${ratio.ratio.toFixed(2).padStart(8)}  ${ratio.title}${describeWanted(ratio)}`,
    ),
    'targets',
    ...targets.map(describeTarget),
    '',
    ...(isShort
      ? ['the short form: figures of seconds, not to be quoted; "make bench FORM=whole" has those']
      : []),
    describeAudits(runs),
  ]
}

function describeAudits(runs: readonly RunResult[]): string {
  const audits = runs.filter(({ audit }) => audit)
  const unclean = audits.filter(({ audit }) => !audit?.isClean).map(({ name }) => name)
  return unclean.length > 0
    ? `audits: NOT CLEAN after ${unclean.join(', ')}`
    : `audits: ${audits.length} of ${audits.length} clean`
}

/** Whether every audit was clean; and, strictly, every target that was measured met. */
export function isGood({ runs, targets }: BenchReport, isStrict: boolean): boolean {
  const isClean = runs.every(({ audit }) => audit?.isClean ?? true)
  return isClean && !(isStrict && targets.some(({ verdict }) => verdict === 'missed'))
}

function describeWanted({ wantedAtLeast, wantedAtMost }: Ratio): string {
  if (wantedAtLeast !== undefined) return ` (at least ${wantedAtLeast})`
  return wantedAtMost === undefined ? '' : ` (at most ${wantedAtMost})`
}

function describeTarget({ scenario, target, measured, verdict, limit }: TargetVerdict): string {
  const said = { met: 'met', missed: 'NOT MET', 'not measured': '-' }[verdict]
  const found = measured === '' ? '' : `: ${measured}`
  return `  ${scenario.padEnd(13)} ${said.padEnd(8)} ${target}${found}${limit ? `; limit: ${limit}` : ''}`
}
