import type { BenchReport } from '../result.ts'
import { HEADLINE } from './headline.ts'

/** The most runs side by side on a terminal. More runs get one line each. */
const BESIDE_MAX = 3

/** The table of all runs for a terminal, a line a string. What no run knows anything of is left out. */
export function tableLines({ runs }: Pick<BenchReport, 'runs'>): string[] {
  const columns = HEADLINE.filter(({ text }) => runs.some((run) => text(run) !== '–'))
  const titles = columns.map(({ title }) => title)
  if (runs.length <= BESIDE_MAX)
    return alignColumns(columns.map(({ title, text }) => [title, ...runs.map(text)]))
  return alignColumns([titles, ...runs.map((run) => columns.map(({ text }) => text(run)))])
}

export function printTable(
  report: Pick<BenchReport, 'runs'>,
  print: (line: string) => void = (line) => console.log(line),
): void {
  tableLines(report).forEach(print)
}

/** The first column to the left, figures to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
