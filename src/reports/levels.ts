const DAY_MS = 86_400_000

/** The spans of time that messages are added up by. */
export interface Level {
  table: 'report_minutes' | 'report_quarters' | 'report_days'
  lengthMs: number
  /** How long its rows can be read. */
  keptMs: number
}

/** Of one level from the level before. */
export const LEVELS: readonly Level[] = [
  { table: 'report_minutes', lengthMs: 60_000, keptMs: 8 * DAY_MS },
  { table: 'report_quarters', lengthMs: 15 * 60_000, keptMs: 90 * DAY_MS },
  { table: 'report_days', lengthMs: DAY_MS, keptMs: Infinity },
]

/** @returns the begin of the span of this length that a time lies in. Spans of all lengths begin with the days of UTC. */
export function startOf(ms: number, lengthMs: number): number {
  return Math.floor(ms / lengthMs) * lengthMs
}
