/** V8 passes the source text of a number as a third argument, which TypeScript does not know yet. */
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown

const keepDigits: Reviver = (_key, value, context) =>
  typeof value === 'number' ? (context?.source ?? String(value)) : value

/** JSON with each number as the digits that it was written with; undefined if it is none, or has no members. */
export function readDocument(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text, keepDigits)
    return typeof json === 'object' && json !== null ? json : undefined
  } catch {
    return undefined
  }
}

/** What a JSON pointer (RFC 6901) leads to; undefined where it leads nowhere. */
export function valueAt(document: unknown, pointer: string): unknown {
  let value = document
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

/** A value that can be compared with configured ones: text, the digits of a number, true or false. */
export function wordAt(document: unknown, pointer: string): string | undefined {
  const value = valueAt(document, pointer)
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim()
  return typeof value === 'boolean' ? String(value) : undefined
}
