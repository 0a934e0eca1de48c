import { COUNTED_PARTS, totalMicros } from '../../report/cost.ts'
import type { Part, Ratio, ReportTable, RunResult, TargetVerdict } from '../../result.ts'
import { judgeRatio } from '../judge.ts'
import { median, medianRatio } from '../measure/alternate.ts'
import type { Comparison } from '../findings.ts'

/** Of the other commit's rate. */
const RATIO_MIN = 0.95

export function ratioOf({ scenario, against, turns }: Comparison): Ratio {
  const title = `${scenario}: this to ${against}, the median of ${turns.length} turns`
  return { title, ratio: medianRatio(turns), wantedAtLeast: RATIO_MIN }
}

export function judgeComparison(comparison: Comparison): TargetVerdict {
  return judgeRatio(comparison.scenario, ratioOf(comparison))
}

/** The turns, and the CPU time per message of each part. */
export function comparisonTables(comparison: Comparison): ReportTable[] {
  const { scenario, against, turns, ours, theirs } = comparison
  return [
    {
      title: `${scenario} in turn: messages/s`,
      columns: ['turn', 'this', `${against}, before and after`, 'ratio'],
      rows: turns.map(({ rate, referenceRate }, index) => [
        ...[`${index + 1}`, rate.toFixed(0), referenceRate.toFixed(0), (rate / referenceRate).toFixed(2)],
      ]),
    },
    {
      title: `${scenario}: CPU µs a message, the median of the looks`,
      columns: ['part', 'this', against, 'ratio'],
      rows: [
        ...COUNTED_PARTS.flatMap((part) => costRow(part, microsOf(ours, part), microsOf(theirs, part))),
        ...costRow('all', medianOf(ours, totalOf), medianOf(theirs, totalOf)),
      ],
    },
  ]
}

function costRow(name: string, ours: number, theirs: number): string[][] {
  if (!(ours > 0 && theirs > 0)) return []
  return [[name, ours.toFixed(1), theirs.toFixed(1), (ours / theirs).toFixed(2)]]
}

function microsOf(runs: readonly RunResult[], part: Part): number {
  return medianOf(runs, ({ cpu }) => cpu?.[part]?.microsPerMessage)
}

function totalOf({ cpu }: RunResult): number | undefined {
  return totalMicros(cpu)
}

function medianOf(runs: readonly RunResult[], figure: (run: RunResult) => number | undefined): number {
  return median(runs.map((run) => figure(run) ?? NaN))
}
