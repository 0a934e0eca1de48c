import { stringify } from 'csv-stringify/sync'
import type { Column, Row } from '../columns.ts'

/** A spreadsheet reads it as a number, also with its sign. */
const NUMBER = /^[+-]?[0-9]+$/

/** @returns rows as RFC 4180 writes them. A text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function toCsv(columns: readonly Column[], rows: readonly Row[]): string {
  return stringify(rows as Row[], {
    record_delimiter: 'windows',
    cast: {
      boolean: (value) => String(value),
      string: (value, { index }) => ({
        value,
        escape_formulas: columns[index]?.type === 'text' && !NUMBER.test(value),
      }),
    },
  })
}

export function csvHead(columns: readonly Column[]): string {
  return stringify([columns.map(({ name }) => name)], { record_delimiter: 'windows' })
}
