import { availableParallelism } from 'node:os'
import { FINDINGS } from '../proof/prove.ts'
import type { Finding } from '../proof/prove.ts'
import type { Result } from './runScenario.ts'

const DEVIATION_MAX = 0.1
const LISTED_MAX = 10

/** As Markdown. */
export function describeResult({
  name,
  servers,
  rows,
  shares,
  answers,
  leftOut,
  loadAverages,
  proof,
}: Result): string[] {
  const counted = Object.entries(answers).toSorted(([one], [other]) => one.localeCompare(other))
  return [
    `**${name}**: ${servers}; ${availableParallelism()} cores, load average ${loadAverages.map((each) => each.toFixed(0)).join(', ')}`,
    '',
    ...(rows.length > 0
      ? table([
          [
            'fault',
            'nothing accepted for, s',
            'nothing handed over for, s',
            'at the offered rate again after, s',
          ],
          ...rows.map(({ what, acceptGapMs, handOverGapMs, recoveredMs }) => [
            what,
            seconds(acceptGapMs),
            seconds(handOverGapMs),
            recoveredMs === 0 ? 'no interruption' : seconds(recoveredMs),
          ]),
        ])
      : []),
    ...(shares.length > 0
      ? table([
          ['two of', 'in 60 s', 'first', 'second', 'from even'],
          ...shares.map(({ role, what, counts, deviation }) => [
            ...[role, what, ...counts.map(String)],
            `${(deviation * 100).toFixed(1)} %`,
          ]),
        ])
      : []),
    '',
    ...table([['what clients saw', 'times'], ...counted.map(([label, times]) => [label, String(times)])]),
    '',
    `${proof.requests} requests with ${proof.recipients} messages were accepted; ` +
      `${Object.entries(proof.states)
        .map(([state, count]) => `${count} ${state}`)
        .join(', ')}. ${proof.repeated} were repeated under their keys, ${leftOut} not begun. ` +
      `${proof.duplicatesMarked} were marked as possible duplicates, ${proof.duplicatesSeen} were sent more than once.`,
    '',
  ]
}

/** What is wrong, one line each. */
export function findingsOf({ name, rows, shares, problems, proof }: Result): string[] {
  const found = Object.entries(proof.findings).flatMap(([finding, { count, lines }]) =>
    count === 0
      ? []
      : [
          `${FINDINGS[finding as Finding]}: ${count}`,
          ...lines.slice(0, LISTED_MAX).map((line) => `  ${line}`),
        ],
  )
  const late = rows.filter(({ recoveredMs }) => recoveredMs === undefined)
  const uneven = shares.filter(({ deviation }) => !(deviation <= DEVIATION_MAX))
  return [
    ...[...problems, ...found],
    ...late.map(({ what }) => `not recovered from: ${what}`),
    ...uneven.map(({ role, deviation }) => `two of ${role} are ${(deviation * 100).toFixed(1)} % from even`),
  ].map((line) => `${name}: ${line}`)
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'not recovered' : (ms / 1_000).toFixed(1)
}

function table([head = [], ...rows]: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)]
}
