import { isIP } from 'node:net'
import { isPublicAddress } from './isPublicAddress.ts'

export const URL_CHARS_MAX = 2_000

/**
 * Whether events may go to this address at all. A name is looked up when it is dialled, not here.
 * @returns what is wrong with it, or undefined.
 */
export function findUrlFault(
  text: string,
  { allowsPrivate }: { allowsPrivate: boolean },
): string | undefined {
  if (text.length > URL_CHARS_MAX) return `must have at most ${URL_CHARS_MAX} characters`
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return 'must be a URL of ASCII characters'
  const { protocol, username, password, hostname, hash } = new URL(text)
  if (protocol !== 'https:' && !(allowsPrivate && protocol === 'http:')) return 'must begin with https://'
  if (username !== '' || password !== '') return 'must not contain a user name or password'
  if (hash !== '') return 'must not have a fragment'
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  if (!allowsPrivate && isIP(host) !== 0 && !isPublicAddress(host))
    return 'must be an address on the internet'
  return undefined
}
