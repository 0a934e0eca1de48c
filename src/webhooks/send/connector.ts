import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import { isPublicAddress } from '../../primitives/isPublicAddress.ts'

/** Every address of a name. */
export type Resolve = (name: string) => Promise<string[]>

/** Nothing was dialled: the address, or one of the name's addresses, is not on the internet. */
export class BlockedAddress extends Error {
  readonly code = 'BLOCKED_ADDRESS'
}

export const CONNECT_TIMEOUT_MS = 10_000

export const resolveByDns: Resolve = async (name) => {
  const found = await lookup(name, { all: true, verbatim: true })
  return found.map(({ address }) => address)
}

/**
 * Connects only to the internet: checks the literal, or all addresses of the name, and dials the very address that it
 * checked, so that a second look-up cannot lead elsewhere. `allowsPrivate` is for development.
 */
export function guardedConnector({
  resolve = resolveByDns,
  allowsPrivate,
}: {
  resolve?: Resolve
  allowsPrivate: boolean
}): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false })
  const isAllowed = (address: string) => allowsPrivate || isPublicAddress(address)
  return (options, callback) => {
    choose(plainHost(options.hostname), resolve, isAllowed).then(
      (address) => connect({ ...options, hostname: address }, callback),
      (error: unknown) => callback(error as Error, null),
    )
  }
}

/** A URL has an address of IPv6 in brackets. */
function plainHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

async function choose(
  host: string,
  resolve: Resolve,
  isAllowed: (address: string) => boolean,
): Promise<string> {
  const addresses = isIP(host) ? [host] : await resolve(host)
  const [first] = addresses
  if (first === undefined) throw Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' })
  if (!addresses.every(isAllowed)) throw new BlockedAddress('the address is not on the internet')
  return first
}
