import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SignedCallback {
  /** Of the account: the key. */
  authToken: string
  /** As it was configured at Twilio, byte for byte; never put together from a request, whose host a proxy may change. */
  url: string
  /** The form as it was sent. */
  body: Buffer | string
  /** The header X-Twilio-Signature. */
  signature: string | undefined
}

/** Parameters beyond it are none of Twilio's. */
const PARAMETERS_MAX = 200

/**
 * Whether a callback is Twilio's: the URL, and behind it the names and values of the parameters sorted by name, signed by
 * HMAC-SHA1 with the account's token. A name that comes several times has its different values in order.
 */
export function verifySignature({ authToken, url, body, signature }: SignedCallback): boolean {
  if (authToken === '' || signature === undefined) return false
  const parameters = [...new URLSearchParams(body.toString())]
  if (parameters.length > PARAMETERS_MAX) return false
  const pairs = new Set(parameters.map(([name, value]) => JSON.stringify([name, value])))
  const sorted = [...pairs].map((pair) => JSON.parse(pair) as [string, string]).sort(byNameAndValue)
  const signed = url + sorted.map(([name, value]) => name + value).join('')
  const expected = createHmac('sha1', authToken).update(signed).digest()
  const given = Buffer.from(signature, 'base64')
  // The text is compared as well, because base64 is read leniently.
  return (
    given.length === expected.length &&
    timingSafeEqual(given, expected) &&
    signature === expected.toString('base64')
  )
}

/** By code units, as Twilio sorts. */
function byNameAndValue([a, x]: [string, string], [b, y]: [string, string]): number {
  if (a !== b) return a < b ? -1 : 1
  return x < y ? -1 : 1
}
