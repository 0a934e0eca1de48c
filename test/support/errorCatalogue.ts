import { readFileSync } from 'node:fs'

const PAGE = new URL('../../docs/errors.md', import.meta.url)

/** Its routes are not documented, because they change with it; test/ops answers with each. */
export const OF_THE_OPERATIONS_PAGE: [string, number][] = [
  ['action_not_found', 404],
  ['csrf_token_required', 403],
  ['session_expired', 401],
  ['too_many_actions', 503],
  ['too_many_listeners', 503],
]

/** A row of the catalogue of codes. */
export interface Catalogued {
  code: string
  statuses: number[]
  meaning: string
  changed: string
  repeat: string
}

/** The cells of each row that begins with a code, by the number of its cells. */
function rowsOf(cellCount: number): string[][] {
  return readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter((cells) => cells.length === cellCount)
}

export function cataloguedCodes(): Catalogued[] {
  return rowsOf(5).map(([code = '', statuses = '', meaning = '', changed = '', repeat = '']) => ({
    ...{ code: code.replaceAll('`', ''), statuses: statuses.split(', ').map(Number) },
    ...{ meaning, changed, repeat },
  }))
}

/** The codes of recipients that failed. */
export function cataloguedFailures(): string[] {
  return rowsOf(3).map(([code = '']) => code.replaceAll('`', ''))
}
