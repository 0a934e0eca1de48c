import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { GROUPS, KINDS, WIPE } from './kinds.ts'
import type { Group, Kind } from './kinds.ts'

/** One fault: when it begins, how long it lasts, and what decides the rest. */
export interface Planned {
  group: Group
  kind: Kind
  atMs: number
  forMs: number
  /** A seed of its own: which process, which operator, which of several ways. */
  seed: number
}

/** From one fault's end to the next one's begin, and how long one lasts, at intensity 1. */
const RHYTHM: Record<Group, { restMs: readonly [number, number]; forMs: readonly [number, number] }> = {
  process: { restMs: [2_000, 8_000], forMs: [12_000, 16_000] },
  database: { restMs: [15_000, 35_000], forMs: [500, 4_000] },
  broker: { restMs: [15_000, 35_000], forMs: [500, 4_000] },
  link: { restMs: [4_000, 12_000], forMs: [500, 8_000] },
  operator: { restMs: [1_000, 6_000], forMs: [3_000, 12_000] },
}

/** Of these the next one need not wait for the end: another process is met by it. */
const letsOthersBegin = (kind: Kind) => kind.startsWith('kill ') || kind.startsWith('freeze ')

/** What happens when: the same for the same seed. In each group every kind has had its share before any has more. */
export function planFaults(seed: number, durationMs: number, intensity: number): Planned[] {
  const random = openRandom(seed)
  const planned = GROUPS.flatMap((group) =>
    planGroup(openRandom(seedOf(random)), group, durationMs, intensity),
  )
  planned.push({
    ...{ group: 'broker', kind: WIPE, seed: seedOf(random) },
    ...{ atMs: Math.round(durationMs * (0.3 + 0.4 * random.share())), forMs: 1_000 },
  })
  return planned.toSorted((one, other) => one.atMs - other.atMs)
}

function planGroup(random: Random, group: Group, durationMs: number, intensity: number): Planned[] {
  const { restMs, forMs } = RHYTHM[group]
  const planned: Planned[] = []
  let deck: Kind[] = []
  let atMs = random.whole(...restMs) / intensity / 2
  while (atMs < durationMs) {
    if (deck.length === 0) deck = shuffle(random, KINDS[group])
    const kind = deck.pop() as Kind
    const lastsMs = random.whole(...forMs)
    planned.push({ group, kind, atMs: Math.round(atMs), forMs: lastsMs, seed: seedOf(random) })
    atMs += (letsOthersBegin(kind) ? 0 : lastsMs) + random.whole(...restMs) / intensity
  }
  return planned
}

function shuffle(random: Random, kinds: readonly (readonly [Kind, number])[]): Kind[] {
  const all = kinds.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind))
  return all
    .map((kind) => ({ kind, at: random.share() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ kind }) => kind)
}

function seedOf(random: Random): number {
  return random.whole(0, 0xffff_ffff)
}
