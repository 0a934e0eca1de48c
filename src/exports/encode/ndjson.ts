import type { Column, Row } from '../columns.ts'

/** @returns rows as lines of JSON objects. */
export function toNdjson(columns: readonly Column[], rows: readonly Row[]): string {
  const names = columns.map(({ name }) => JSON.stringify(name))
  return rows
    .map((row) => `{${names.map((name, i) => `${name}:${JSON.stringify(row[i])}`).join(',')}}\n`)
    .join('')
}
