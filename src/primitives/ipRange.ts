import { BlockList, isIP } from 'node:net'

/** Whether an address is within some ranges. */
export type AddressCheck = (address: string) => boolean

const PREFIX_BITS_MAX = { 4: 32, 6: 128 } as const

/** @returns whether the text is an address, or a range in CIDR notation such as 10.0.0.0/8. */
export function isAddressRange(text: string): boolean {
  return parse(text) !== undefined
}

/** @returns a check of whether an address is in one of the ranges. @throws Error for a text that is no range. */
export function addressCheckOf(ranges: readonly string[]): AddressCheck {
  const list = new BlockList()
  for (const text of ranges) {
    const range = parse(text)
    if (!range) throw new Error(`"${text}" is not a range of addresses`)
    list.addSubnet(range.address, range.bits, range.family === 4 ? 'ipv4' : 'ipv6')
  }
  return (address) => {
    const plain = plainAddress(address)
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/** @returns the address as the client has it: a socket for both families shows IPv4 as ::ffff:192.0.2.1. */
export function plainAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address
}

function parse(text: string): { address: string; bits: number; family: 4 | 6 } | undefined {
  const [given = '', prefix, ...rest] = text.split('/')
  const address = plainAddress(given)
  const family = isIP(address)
  if (rest.length > 0 || (family !== 4 && family !== 6) || given.includes('%')) return undefined
  const bits = prefix === undefined ? PREFIX_BITS_MAX[family] : Number(prefix)
  const isWhole = prefix === undefined || /^(0|[1-9][0-9]{0,2})$/.test(prefix)
  if (!isWhole || bits > PREFIX_BITS_MAX[family]) return undefined
  // A range of mapped addresses would have the bits of IPv6.
  return given !== address && prefix !== undefined ? undefined : { address, bits, family }
}
