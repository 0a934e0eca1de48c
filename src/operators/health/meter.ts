import { SLOT_SECONDS } from './slot.ts'

/** What went well and what did not, among some calls or some deliveries. */
export interface Sample {
  good: number
  bad: number
}

/**
 * What of its traffic an operator keeps for one kind of sample, and why (decision 0048).
 * - full: it keeps all.
 * - reduced: it did worse than the others, and keeps a share that probes.
 * - returning: it does as well as the others, and its share doubles step by step.
 */
export interface Meter {
  phase: 'full' | 'reduced' | 'returning'
  share: number
  /** The slot of the last change of phase or share. What is older says nothing of what followed. */
  sinceSlot: number
  /** How often it was reduced lately: each time it stays so for twice as long. */
  reductions: number
  /** What it does on its own in the long run; null before the first sample. */
  usualShare: number | null
  /** Without empty ones, oldest first. */
  slots: readonly (Sample & { slot: number })[]
}

/** Below it chance decides: of 30 a share of 95 % shows 0.87 or less one time in twenty. */
const SAMPLE_MIN = 30
/** What a reduced operator keeps. Of 100 messages a second it has its sample in ten seconds. */
const PROBE_SHARE = 0.03

const slotsIn = (seconds: number) => Math.ceil(seconds / SLOT_SECONDS)
/** What is judged: the newest slots, more of them until they are a sample. */
const WINDOW_SLOTS = slotsIn(10)
const LOOKBACK_SLOTS = slotsIn(300)
/** It is reduced below this share of what the others do, and returns above the other one: between them nothing changes. */
const WORSE_BELOW = 0.8
const WELL_ABOVE = 0.9
/** A difference that chance makes once in a thousand times is none. */
const STANDARD_ERRORS = 3
const STEP_SLOTS = slotsIn(6)
/** Where so little probes that there is no sample for as long, more of it does, up to this share. */
const UNSURE_SHARE_MAX = 0.5
const REDUCED_SLOTS_MIN = slotsIn(10)
const REDUCED_SLOTS_MAX = slotsIn(320)
/** An operator that kept its share for this long is reduced briefly again, as the first time. */
const CALM_SLOTS = slotsIn(600)
/** The usual share follows within minutes, so that a drop is one. */
const USUAL_PER_SLOT = SLOT_SECONDS / 600

export function newMeter(slot: number): Meter {
  return { phase: 'full', share: 1, sinceSlot: slot, reductions: 0, usualShare: null, slots: [] }
}

/** @returns the meter with one more slot, and without what no judgement looks at any more. */
export function addSlot(meter: Meter, slot: number, { good, bad }: Sample): Meter {
  const kept = meter.slots.filter((each) => each.slot > slot - LOOKBACK_SLOTS)
  return { ...meter, slots: good + bad > 0 ? [...kept, { slot, good, bad }] : kept }
}

/** @returns the newest sample since the last change; undefined while there are too few. */
export function sampleOf({ slots, sinceSlot, phase }: Meter, slot: number): Sample | undefined {
  // At full share the samples before the last change still count.
  const from = phase === 'full' ? -Infinity : sinceSlot
  const sum = { good: 0, bad: 0 }
  for (const each of slots.toReversed()) {
    if (each.slot <= from) break
    if (each.slot <= slot - WINDOW_SLOTS && sum.good + sum.bad >= SAMPLE_MIN) break
    sum.good += each.good
    sum.bad += each.bad
  }
  return sum.good + sum.bad >= SAMPLE_MIN ? sum : undefined
}

/**
 * Judges an operator once for each slot. A pure function of what all processes read, so that they come to the same.
 * @param own its sample, where it has one.
 * @param others of the other operators for the same numbers; undefined where they have none.
 */
export function judge(
  meter: Meter,
  slot: number,
  own: Sample | undefined,
  others: Sample | undefined,
): Meter {
  const calm = slot - meter.sinceSlot >= CALM_SLOTS && meter.phase === 'full' ? 0 : meter.reductions
  const now = calm === meter.reductions ? meter : { ...meter, reductions: calm }
  if (!own) return doubleProbeShare(now, slot)
  const usual = others ?? usualSample(now)
  switch (now.phase) {
    case 'full':
      return isWorse(own, usual) ? reduce(now, slot) : { ...now, usualShare: follow(now.usualShare, own) }
    case 'reduced':
      if (now.share > PROBE_SHARE && isWorse(own, usual)) return reduce(now, slot)
      return slot - now.sinceSlot >= reducedSlots(now) && hasRecovered(own, usual)
        ? { ...now, phase: 'returning', share: now.share * 2, sinceSlot: slot }
        : now
    case 'returning':
      if (isWorse(own, usual)) return reduce(now, slot)
      return slot - now.sinceSlot >= STEP_SLOTS && hasRecovered(own, usual) ? raise(now, slot, own) : now
  }
}

export function shareOf({ good, bad }: Sample): number {
  return good / (good + bad)
}

function reduce(meter: Meter, slot: number): Meter {
  const reductions = meter.reductions + 1
  return { ...meter, phase: 'reduced', share: PROBE_SHARE, sinceSlot: slot, reductions }
}

function doubleProbeShare(meter: Meter, slot: number): Meter {
  if (meter.phase === 'full' || slot - meter.sinceSlot < LOOKBACK_SLOTS) return meter
  const share = Math.max(meter.share, Math.min(UNSURE_SHARE_MAX, meter.share * 2))
  return { ...meter, share, sinceSlot: slot }
}

/** What it does now is its usual share: the others that it was compared with may soon have no sample. */
function raise(meter: Meter, slot: number, own: Sample): Meter {
  const share = Math.min(1, meter.share * 2)
  if (share < 1) return { ...meter, share, sinceSlot: slot }
  return { ...meter, phase: 'full', share, sinceSlot: slot, usualShare: shareOf(own) }
}

function reducedSlots({ reductions }: Meter): number {
  return Math.min(REDUCED_SLOTS_MAX, REDUCED_SLOTS_MIN * 2 ** Math.min(reductions - 1, 10))
}

/** As large as a sample that is worth comparing with can be. */
const USUAL_SIZE = 1_000

function usualSample({ usualShare }: Meter): Sample | undefined {
  if (usualShare === null) return undefined
  return { good: usualShare * USUAL_SIZE, bad: (1 - usualShare) * USUAL_SIZE }
}

function follow(usualShare: number | null, own: Sample): number {
  const share = shareOf(own)
  return usualShare === null ? share : usualShare + (share - usualShare) * USUAL_PER_SLOT
}

/** Below the others by so much that chance does not explain it. */
function isWorse(own: Sample, others: Sample | undefined): boolean {
  if (!others) return false
  const [share, expected] = [shareOf(own), shareOf(others)]
  if (share >= expected * WORSE_BELOW) return false
  const [count, countOthers] = [own.good + own.bad, others.good + others.bad]
  const pooled = (own.good + others.good) / (count + countOthers)
  const standardError = Math.sqrt(pooled * (1 - pooled) * (1 / count + 1 / countOthers))
  return expected - share > STANDARD_ERRORS * standardError
}

function hasRecovered(own: Sample, others: Sample | undefined): boolean {
  return !others || shareOf(own) >= shareOf(others) * WELL_ABOVE
}
