const NUMERIC_IDENTIFIER = /"message_id"\s*:\s*[-0-9]/

/** V8 passes the source text of a number as a third argument, which TypeScript does not know yet. */
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown

const keepDigits: Reviver = (key, value, context) =>
  key === 'message_id' && typeof value === 'number' ? (context?.source ?? String(value)) : value

/**
 * JSON as operators send it: undefined if it is none. An identifier that is a number becomes the digits of the text,
 * because beyond 2^53 a number would be another identifier.
 */
export function readJson(text: string): unknown {
  try {
    // A reviver visits every value, so it runs only where there is something to keep.
    return NUMERIC_IDENTIFIER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
  } catch {
    return undefined
  }
}
