import { BlockList, isIP } from 'node:net'

/** IANA's special-purpose ranges of IPv4: nothing in them is an endpoint on the internet. */
const NOT_PUBLIC_4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const
/** Of the only range of IPv6 that is routed, 2000::/3, what is not: protocol assignments with Teredo, documentation. */
const NOT_PUBLIC_6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
] as const

const blocked4 = new BlockList()
for (const [net, bits] of NOT_PUBLIC_4) blocked4.addSubnet(net, bits, 'ipv4')
const blocked6 = new BlockList()
for (const [net, bits] of NOT_PUBLIC_6) blocked6.addSubnet(net, bits, 'ipv6')
const routed6 = new BlockList()
routed6.addSubnet('2000::', 3, 'ipv6')

/**
 * @returns whether a connection to this address leaves for the internet. An address that carries one of IPv4 (mapped,
 * NAT64, 6to4) is as public as that one: a gateway on the way would go there.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !blocked4.check(address, 'ipv4')
  if (family !== 6 || address.includes('%')) return false
  const groups = groupsOf(address)
  const inner = innerAddress(groups)
  if (inner !== undefined) return !blocked4.check(inner, 'ipv4')
  return routed6.check(address, 'ipv6') && !blocked6.check(address, 'ipv6')
}

/** @returns the address of IPv4 that one of IPv6 leads to. */
function innerAddress(groups: number[]): string | undefined {
  const [first, second] = groups
  const isZero = (from: number, to: number) => groups.slice(from, to).every((group) => group === 0)
  if (isZero(0, 5) && groups[5] === 0xffff) return toIpv4(groups[6], groups[7])
  if (first === 0x64 && second === 0xff9b && isZero(2, 6)) return toIpv4(groups[6], groups[7])
  if (first === 0x2002) return toIpv4(groups[1], groups[2])
  return undefined
}

function toIpv4(high = 0, low = 0): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** The eight groups of a valid address of IPv6. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const before = toGroups(head)
  if (tail === undefined) return before
  const after = toGroups(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function toGroups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
