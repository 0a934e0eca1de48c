import { isIP } from 'node:net'

/** Wrong keys by source address, so that repeating them gets slow. In memory and of this process alone. */
export interface WrongKeys {
  /** @returns how long the address has to wait before another unknown key is looked up; 0 when it need not. */
  waitSeconds(source: string): number
  count(source: string): void
}

/** Wrong keys that an address may try at once: a person with a wrong configuration is not punished. */
const TRIES_MAX = 20
/** Then one in this time. */
const REFILL_MS = 1_000
/** Addresses remembered; beyond, the one that was counted least recently is forgotten. */
const SOURCES_MAX = 10_000

export function openWrongKeys(nowMs: () => number = () => performance.now()): WrongKeys {
  /** When each address will have all its tries again. */
  const fullAtMs = new Map<string, number>()
  return {
    waitSeconds(source) {
      const untilMs = (fullAtMs.get(networkOf(source)) ?? 0) - nowMs() - (TRIES_MAX - 1) * REFILL_MS
      return Math.max(0, Math.ceil(untilMs / 1_000))
    },
    count(source) {
      const network = networkOf(source)
      const before = Math.max(nowMs(), fullAtMs.get(network) ?? 0)
      fullAtMs.delete(network)
      const [oldest] = fullAtMs.size >= SOURCES_MAX ? fullAtMs.keys() : []
      if (oldest !== undefined) fullAtMs.delete(oldest)
      // Bounded, so that requests that were under way together are not counted for long.
      fullAtMs.set(network, Math.min(before, nowMs() + TRIES_MAX * REFILL_MS) + REFILL_MS)
    },
  }
}

const IPV6_NETWORK_GROUPS = 4

/** One customer of an IPv6 provider has a whole /64. */
function networkOf(source: string): string {
  if (isIP(source) !== 6) return source
  const [head = '', tail] = source.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].slice(0, IPV6_NETWORK_GROUPS).join(':')
}
