import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { Measured } from '../startWorld.ts'

/** When an operator took a scheduled message, after its time; undefined: never. */
export interface HandOver {
  mark: string
  type: MessageClass
  afterMs: number | undefined
}

const WITHIN_MS = 120_000
const LISTED_MAX = 10

/** @param restartedMs how long before their time everything was there again. */
export function describeHandOvers(handOvers: readonly HandOver[], restartedMs: number): Measured {
  const of = (type: MessageClass) =>
    handOvers
      .flatMap((each) => (each.type === type && each.afterMs !== undefined ? [each.afterMs] : []))
      .toSorted((one, other) => one - other)
  const [express, normal] = [of('express'), of('normal')]
  const never = handOvers.filter(({ afterMs }) => afterMs === undefined)
  const late = handOvers.filter(({ afterMs = 0 }) => afterMs > WITHIN_MS)
  const missed = [
    ...never.slice(0, LISTED_MAX).map(({ mark }) => `${mark} was never handed over`),
    ...late.slice(0, LISTED_MAX).map(({ mark, afterMs }) => `${mark} was handed over after ${afterMs} ms`),
  ]
  if (never.length + late.length > missed.length)
    missed.push(`in all ${never.length} were never handed over, and ${late.length} too late`)
  if (restartedMs <= 0) missed.push('the restart was not over before their time')
  // Both classes are sent at the same time, and express takes what it needs.
  if ((express.at(-1) ?? 0) > (normal[Math.floor(normal.length / 2)] ?? 0))
    missed.push('express was not first: its last message was handed over after half of the normal ones')
  const lines = [
    `${handOvers.length} messages were scheduled for one time. Everything was restarted, and was there again ` +
      `${Math.round(restartedMs / 1_000)} s before it.`,
    `Handed over after their time: ${describe('express', express)}; ${describe('normal', normal)}.`,
  ]
  return { lines, missed }
}

function describe(type: MessageClass, afterMs: readonly number[]): string {
  const at = (share: number) => ((afterMs[Math.floor((afterMs.length - 1) * share)] ?? 0) / 1_000).toFixed(1)
  return `${afterMs.length} ${type}, the first after ${at(0)} s, half within ${at(0.5)} s, all within ${at(1)} s`
}
