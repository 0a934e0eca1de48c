import type { IncomingMessage } from 'node:http'

/** A header that is there and holds no key: it is wrong, and not missing. */
const EMPTY = ''

/**
 * @returns the key of `X-API-Key` or `Authorization: Bearer` (the scheme in any case, RFC 9110); empty when one is there
 * without a key, or both with different keys; undefined when neither is there. Other schemes are not for us.
 */
export function readCredential({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const named = headers['x-api-key']
  const bearer = readBearer(headers.authorization)
  if (named === undefined) return bearer
  // Node joins a header that is given twice, and so neither of its keys is used.
  const key = typeof named === 'string' ? named : EMPTY
  return bearer === undefined || bearer === key ? key : EMPTY
}

function readBearer(header = ''): string | undefined {
  const [scheme = '', ...rest] = header.split(' ')
  return scheme.toLowerCase() === 'bearer' ? rest.join(' ').trim() : undefined
}
