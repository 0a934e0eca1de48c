/** A cursor is a few short fields; whatever is longer was not made here. */
const WIRE_LENGTH_MAX = 200

/**
 * Where a page ended, as one opaque word for a URL. `kind` names the list and the version of its fields, so that a
 * cursor of another list or of an older program is refused instead of being read wrongly.
 */
export function encodeCursor(kind: string, fields: (string | number)[]): string {
  return Buffer.from([kind, ...fields].join(' ')).toString('base64url')
}

/** @returns the fields as they were given, or undefined when the word is not a cursor of this kind. */
export function decodeCursor(kind: string, wire: string): string[] | undefined {
  if (wire.length > WIRE_LENGTH_MAX) return undefined
  const bytes = Buffer.from(wire, 'base64url')
  // Node skips over characters that are not base64url; encoding again shows whether there were any.
  if (bytes.toString('base64url') !== wire) return undefined
  const [found, ...fields] = bytes.toString('utf8').split(' ')
  return found === kind ? fields : undefined
}
