import { openRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { WIPE } from './broker.ts'
import { faultsOf } from './catalogue.ts'
import { GROUPS } from './fault.ts'
import type { Fault, Group } from './fault.ts'

/** One fault: when it begins, how long it lasts, and what decides the rest. */
export interface Planned {
  fault: Fault
  atMs: number
  forMs: number
  /** A seed of its own: which process, which operator, which of several ways. */
  seed: number
}

/** From one fault's end to the next one's begin, and how long one lasts, at intensity 1. */
const RHYTHM: Record<Group, { restMs: readonly [number, number]; forMs: readonly [number, number] }> = {
  process: { restMs: [2_000, 8_000], forMs: [12_000, 16_000] },
  database: { restMs: [15_000, 35_000], forMs: [500, 4_000] },
  session: { restMs: [5_000, 20_000], forMs: [10_000, 30_000] },
  broker: { restMs: [15_000, 35_000], forMs: [500, 4_000] },
  link: { restMs: [4_000, 12_000], forMs: [500, 8_000] },
  operator: { restMs: [1_000, 6_000], forMs: [3_000, 12_000] },
}

/** What happens when: the same for the same seed. In each group every kind has had its share before any has more. */
export function planFaults(seed: number, durationMs: number, intensity: number): Planned[] {
  const random = openRandom(seed)
  const planned = GROUPS.flatMap((group) =>
    planGroup(openRandom(seedOf(random)), group, durationMs, intensity),
  )
  planned.push({
    ...{ fault: WIPE, seed: seedOf(random) },
    ...{ atMs: Math.round(durationMs * (0.3 + 0.4 * random.share())), forMs: 1_000 },
  })
  return planned.toSorted((one, other) => one.atMs - other.atMs)
}

function planGroup(random: Random, group: Group, durationMs: number, intensity: number): Planned[] {
  const { restMs, forMs } = RHYTHM[group]
  const planned: Planned[] = []
  let deck: Fault[] = []
  let atMs = random.whole(...restMs) / intensity / 2
  while (atMs < durationMs) {
    if (deck.length === 0) deck = shuffle(random, faultsOf(group))
    const fault = deck.pop() as Fault
    const lastsMs = random.whole(...forMs)
    planned.push({ fault, atMs: Math.round(atMs), forMs: lastsMs, seed: seedOf(random) })
    // While one process is frozen others die; a server has one fault at a time.
    atMs += (group === 'process' ? 0 : lastsMs) + random.whole(...restMs) / intensity
  }
  return planned
}

function shuffle(random: Random, faults: readonly Fault[]): Fault[] {
  const all = faults.flatMap((fault) => Array.from({ length: fault.weight }, () => fault))
  return all
    .map((fault) => ({ fault, at: random.share() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ fault }) => fault)
}

function seedOf(random: Random): number {
  return random.whole(0, 0xffff_ffff)
}
