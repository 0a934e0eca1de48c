import type { Access } from '../../primitives/access.ts'
import type { AddressCheck } from '../../primitives/ipRange.ts'

/** A key as it was read at one revision, ready to be admitted. */
export interface KnownKey {
  access: Access
  expiresAtMs: number
  /** Absent where any address may use it. */
  isAllowedSource?: AddressCheck
}

/**
 * The keys that this process has seen. An entry counts only at the revision it was read at, and only while the revision
 * was confirmed a short time ago: so a change of a key is in effect one poll later, and a request costs no query.
 */
export interface KeyCache {
  /** The revision as a statement read it that began at `askedAtMs`. */
  confirm(revision: number, askedAtMs: number): void
  isConfirmed(): boolean
  /** The revision that was confirmed last; -1 before the first one. */
  revision(): number
  /** By the base64 text of the key's hash. */
  find(hash: string): KnownKey | undefined
  /** Whether it was a key at an earlier revision. */
  wasKnown(hash: string): boolean
  keep(hash: string, revision: number, key: KnownKey): void
  forget(hash: string): void
}

/** A process that cannot read the revision for longer trusts no entry. */
const CONFIRMED_FOR_MS = 5_000
/** Some half a kilobyte each. Beyond, the entry that was read first is read again. */
export const KEYS_KEPT_MAX = 50_000

export function openKeyCache(
  nowMs: () => number = () => performance.now(),
  keysMax = KEYS_KEPT_MAX,
): KeyCache {
  const entries = new Map<string, { revision: number; key: KnownKey }>()
  let current = -1
  let confirmedAtMs = -Infinity
  return {
    confirm(revision, askedAtMs) {
      current = revision
      confirmedAtMs = Math.max(confirmedAtMs, askedAtMs)
    },
    revision: () => current,
    isConfirmed: () => nowMs() - confirmedAtMs <= CONFIRMED_FOR_MS,
    find(hash) {
      const entry = entries.get(hash)
      return entry?.revision === current ? entry.key : undefined
    },
    wasKnown: (hash) => entries.has(hash),
    keep(hash, revision, key) {
      entries.delete(hash)
      const [oldest] = entries.size >= keysMax ? entries.keys() : []
      if (oldest !== undefined) entries.delete(oldest)
      entries.set(hash, { revision, key })
    },
    forget: (hash) => void entries.delete(hash),
  }
}
