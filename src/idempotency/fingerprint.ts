import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * @returns the SHA-256 of a parsed JSON body in its canonical form (RFC 8785): the order of members and the white space
 * between them do not matter, every character of a text does. Undefined for a body without such a form, one with half of a
 * surrogate pair or a number beyond a double: answer 400.
 */
export function fingerprint(body: unknown): Buffer | undefined {
  const canonical = toCanonical(body)
  return canonical === undefined ? undefined : createHash('sha256').update(canonical).digest()
}

function toCanonical(body: unknown): string | undefined {
  try {
    return canonicalize(body)
  } catch {
    return undefined
  }
}
