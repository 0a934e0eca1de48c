import { count, seconds } from './format.js'

/** A backlog whose oldest row is younger is what is on its way. */
const KEEPS_UP_SECONDS = 2

/** How many rows a backlog has, as far as they were counted. @param {{ rows: number, isLeast: boolean }} backlog */
export function sayRows({ rows, isLeast }) {
  return isLeast ? `more than ${count(rows)}` : count(rows)
}

/**
 * In what time a backlog is empty, or why that is not known.
 * @param {{ rows: number, isLeast: boolean, oldestDueSeconds: number, trend: string | null, emptyInSeconds: number | null }} backlog
 */
export function sayEmpty({ rows, isLeast, oldestDueSeconds, trend, emptyInSeconds }) {
  if (rows === 0 || (!isLeast && oldestDueSeconds < KEEPS_UP_SECONDS)) return 'keeps up'
  if (trend === 'growing') return 'growing'
  if (trend === 'steady') return 'not shrinking'
  return trend === 'shrinking' ? seconds(emptyInSeconds) : 'not known'
}
