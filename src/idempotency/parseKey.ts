/**
 * - none: the request has no key.
 * - key: `key` is what is compared and stored.
 * - malformed: answer 400; `reason` completes the sentence "Idempotency-Key ...".
 */
export type ParsedKey =
  { kind: 'none' } | { kind: 'key'; key: string } | { kind: 'malformed'; reason: string }

/** What a row holds. */
const KEY_CHARS_MAX = 255
const VISIBLE_ASCII = /^[\x21-\x7e]+$/
/** A String of structured fields (RFC 9651, 3.3.3), whose escapes stand for a quote and a backslash. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/**
 * Reads the header of draft-ietf-httpapi-idempotency-key-header-07: a quoted String, or the bare key that clients also
 * send. A header that came twice contains a space when Node joins it, and is malformed.
 */
export function parseIdempotencyKey(header: string | undefined): ParsedKey {
  if (header === undefined) return { kind: 'none' }
  const quoted = QUOTED.exec(header)
  if (!quoted && header.startsWith('"'))
    return { kind: 'malformed', reason: 'has a quote that is not closed' }
  const key = quoted?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? header
  if (key.length > KEY_CHARS_MAX)
    return { kind: 'malformed', reason: `must have at most ${KEY_CHARS_MAX} characters, got ${key.length}` }
  if (!VISIBLE_ASCII.test(key))
    return {
      kind: 'malformed',
      reason: `must be 1 to ${KEY_CHARS_MAX} visible ASCII characters without spaces`,
    }
  return { kind: 'key', key }
}
