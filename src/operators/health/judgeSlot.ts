import { CLASSES } from '../../primitives/messageClass.ts'
import type { MessageClass } from '../contract.ts'
import { FULL_HEALTH } from '../routing/strategy.ts'
import type { HealthShares } from '../routing/strategy.ts'
import { addSlot, judge, newMeter, sampleOf } from './meter.ts'
import type { Meter, Sample } from './meter.ts'
import { noCounts } from './slot.ts'
import type { CallCounts, HealthCounts, SlotRow } from './slot.ts'

/** How one operator does for the numbers of one prefix. */
export interface OperatorHealth {
  operator: string
  prefix: string
  /** One class's calls never take an operator from the other class (invariant 5). */
  calls: Record<MessageClass, Meter>
  /** Of both classes: what a network delivers does not depend on how much of it is express. */
  deliveries: Meter
  /** Of messages that were taken lately. */
  latency: Record<MessageClass, Latency>
  lastSlot: number
}

/** It fades: after each slot what was before counts less. */
interface Latency {
  messages: number
  sumMs: number
}

/** All that is known, by prefix and operator. */
export type Health = ReadonlyMap<string, ReadonlyMap<string, OperatorHealth>>

/** What is known of an operator is dropped when it got no message for this long. */
const FORGOTTEN_SLOTS = 300
/** Half of it is from the last ten seconds. */
const LATENCY_KEPT = 0.87
const LATENCY_MESSAGES_MIN = 30
/** So far above the fastest, an operator keeps all its weight; beyond, it keeps what its latency is in proportion to that. */
const LATENCY_TOLERATED = 2
/** Less is not noticed. */
const LATENCY_UNNOTICED_MS = 200
const LATENCY_SHARE_MIN = 0.25

/**
 * Judges every operator by one more slot. A pure function: processes that read the same rows in the same order come to the
 * same shares.
 * @param rows of this slot; may be none.
 */
export function judgeSlot(health: Health, slot: number, rows: readonly SlotRow[]): Health {
  const next = new Map<string, Map<string, OperatorHealth>>()
  const byPrefix = Map.groupBy(rows, ({ prefix }) => prefix)
  for (const prefix of new Set([...health.keys(), ...byPrefix.keys()])) {
    const counts = new Map((byPrefix.get(prefix) ?? []).map((row) => [row.operator, row]))
    const known = health.get(prefix) ?? new Map<string, OperatorHealth>()
    const names = new Set([...known.keys(), ...counts.keys()])
    const counted = [...names].flatMap((operator) => {
      const before = known.get(operator) ?? newHealth(operator, prefix, slot)
      const now = count(before, slot, counts.get(operator))
      return slot - now.lastSlot > FORGOTTEN_SLOTS ? [] : now
    })
    if (counted.length > 0) next.set(prefix, new Map(judgeAll(counted, slot)))
  }
  return next
}

/** @returns what of its traffic the operator keeps for these numbers. */
export function sharesOf(
  health: Health,
  { operator, prefix, type }: { operator: string; prefix: string; type: MessageClass },
): HealthShares {
  const others = health.get(prefix)
  const own = others?.get(operator)
  if (!others || !own) return FULL_HEALTH
  const share = Math.min(own.calls[type].share, own.deliveries.share)
  return { share, latencyShare: latencyShareOf(own, [...others.values()], type) }
}

function newHealth(operator: string, prefix: string, slot: number): OperatorHealth {
  return {
    ...{ operator, prefix, deliveries: newMeter(slot), lastSlot: slot },
    calls: { normal: newMeter(slot), express: newMeter(slot) },
    latency: { normal: { messages: 0, sumMs: 0 }, express: { messages: 0, sumMs: 0 } },
  }
}

function count(before: OperatorHealth, slot: number, row: HealthCounts | undefined): OperatorHealth {
  const { calls, delivered, undelivered } = row ?? noCounts()
  const call = (type: MessageClass) =>
    addSlot(before.calls[type], slot, { good: calls[type].accepted, bad: calls[type].failed })
  return {
    ...before,
    calls: { normal: call('normal'), express: call('express') },
    deliveries: addSlot(before.deliveries, slot, { good: delivered, bad: undelivered }),
    latency: {
      normal: addLatency(before.latency.normal, calls.normal),
      express: addLatency(before.latency.express, calls.express),
    },
    lastSlot: row ? slot : before.lastSlot,
  }
}

function addLatency({ messages, sumMs }: Latency, { accepted, latencyMs }: CallCounts): Latency {
  return { messages: messages * LATENCY_KEPT + accepted, sumMs: sumMs * LATENCY_KEPT + latencyMs }
}

/** Each kind of sample against the other operators', as all were before this slot was judged. */
function judgeAll(all: readonly OperatorHealth[], slot: number): [string, OperatorHealth][] {
  const kinds = [...CLASSES, 'deliveries'] as const
  const samples = new Map(kinds.map((kind) => [kind, all.map((each) => sampleOf(meterOf(each, kind), slot))]))
  return all.map((each, position) => {
    const judged = (kind: (typeof kinds)[number]) => {
      const ofKind = samples.get(kind) ?? []
      const others = sumOf(ofKind.filter((_, other) => other !== position))
      return judge(meterOf(each, kind), slot, ofKind[position], others)
    }
    const calls = { normal: judged('normal'), express: judged('express') }
    return [each.operator, { ...each, calls, deliveries: judged('deliveries') }]
  })
}

function meterOf(health: OperatorHealth, kind: MessageClass | 'deliveries'): Meter {
  return kind === 'deliveries' ? health.deliveries : health.calls[kind]
}

function sumOf(samples: readonly (Sample | undefined)[]): Sample | undefined {
  const known = samples.flatMap((sample) => sample ?? [])
  if (known.length === 0) return undefined
  return known.reduce((sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }))
}

function latencyShareOf(own: OperatorHealth, all: readonly OperatorHealth[], type: MessageClass): number {
  const ownMs = meanMs(own.latency[type])
  const fastestMs = Math.min(...all.map(({ latency }) => meanMs(latency[type]) ?? Infinity))
  if (ownMs === undefined || ownMs <= LATENCY_UNNOTICED_MS) return 1
  const toleratedMs = Math.max(LATENCY_UNNOTICED_MS, LATENCY_TOLERATED * fastestMs)
  return Math.max(LATENCY_SHARE_MIN, Math.min(1, toleratedMs / ownMs))
}

function meanMs({ messages, sumMs }: Latency): number | undefined {
  return messages < LATENCY_MESSAGES_MIN ? undefined : sumMs / messages
}
