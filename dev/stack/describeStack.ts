import type { StackPart, StackState } from './state.ts'

/** The lines that tell where everything is, the reason for a fallback last. */
export function describeStack({ parts, apiUrl, fallback }: StackState): string[] {
  const rows: [string, string][] = [
    ...parts.toReversed().flatMap(describePart),
    ['Swagger UI', `${apiUrl}/swagger/index.html`],
    ['metrics', `${apiUrl}/metrics`],
    ['logs', '.local/up/*.log'],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    ...(fallback === undefined ? [] : [fallback]),
  ]
}

function describePart({ name, url, notes, processes }: StackPart): [string, string][] {
  const ids = processes.map(({ pid }) => pid).join(' ')
  const beside = [...notes, ids ? `process ${ids}` : 'not started here'].join(', ')
  return [
    [name, url],
    ['', beside],
  ]
}
