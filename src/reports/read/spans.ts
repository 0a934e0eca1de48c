import { LEVELS } from '../levels.ts'
import type { Level } from '../levels.ts'
import type { Range } from './periods.ts'

/** What is read of one level. */
export interface Span extends Range {
  level: Level
}

/** It has the fewest rows. */
const COARSEST_FIRST = LEVELS.toReversed()

/** @returns the coarsest level in which each of these times, which are whole minutes, is the end of a period. */
export function levelWithin(times: readonly number[]): Level {
  const found = COARSEST_FIRST.find(({ lengthMs }) => times.every((atMs) => atMs % lengthMs === 0))
  if (!found) throw new Error('a range that is not of whole minutes')
  return found
}

/** @returns the fewest periods that are exactly a range of whole minutes: days within, finer ones at the ends. */
export function coverOf({ fromMs, toMs }: Range, [level, ...finer] = COARSEST_FIRST): Span[] {
  if (!level || fromMs >= toMs) return []
  const { lengthMs } = level
  const firstMs = Math.ceil(fromMs / lengthMs) * lengthMs
  const lastMs = Math.floor(toMs / lengthMs) * lengthMs
  if (firstMs >= lastMs) return coverOf({ fromMs, toMs }, finer)
  return [
    ...coverOf({ fromMs, toMs: firstMs }, finer),
    { level, fromMs: firstMs, toMs: lastMs },
    ...coverOf({ fromMs: lastMs, toMs }, finer),
  ]
}

/** @returns from when on the level has all its rows: the begin of a period. Days are kept for ever. */
export function keptFromMs({ keptMs, lengthMs }: Level, nowMs: number): number {
  return keptMs === Infinity ? -Infinity : Math.ceil((nowMs - keptMs) / lengthMs) * lengthMs
}
