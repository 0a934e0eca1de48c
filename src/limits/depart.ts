import type { SendingPlan } from '../primitives/sendingPlan.ts'
import { nextOpening, openUntil } from '../primitives/sendingWindow.ts'
import type { SendingWindow } from '../primitives/sendingWindow.ts'
import { intervalMicrosOf, perSecond } from './rateLimit.ts'

/** Why a message leaves later than it could. */
export type DelayedBy = 'window' | 'rate'

/** When the rows of a message leave. */
export interface Departures {
  /** Of each row, in microseconds since the epoch; undefined: at once. */
  dueMicros: (number | undefined)[]
  /** Why the last of them is delayed; undefined when none is. */
  delayedBy: DelayedBy | undefined
  /** When the customer's next part may leave, after them. */
  tatMicros: number
}

/** `retryAfterMs` until as much would be admitted; Infinity: never, as it is too much in itself. */
export type DepartDecision = ({ kind: 'departs' } & Departures) | { kind: 'too_far'; retryAfterMs: number }

export interface DepartureRequest {
  plan: Pick<SendingPlan, 'partsPerSecond' | 'window'>
  /** When the customer's next part may leave, as its locked row says. */
  tatMicros: number
  /** The database's time. */
  nowMicros: number
  /** Not before this time. */
  sendAtMicros: number | undefined
  /** The parts of each row. */
  parts: number[]
}

/**
 * How far behind its own time a message may be delayed. Its price is charged and its rows stay in the hot tables for that
 * long, and a window leaves it several openings.
 */
export const DELAY_DAYS_MAX = 7
const DELAY_MICROS_MAX = DELAY_DAYS_MAX * 86_400_000_000

/**
 * Without a rate of its own a customer's messages leave its window at this pace. So the messages of many customers whose
 * windows open at once take turns, and what comes due meanwhile is between them.
 */
const OPENING_PARTS_PER_SECOND = 5_000

/** Rows that leave at a rate have this much of it at most, so that they leave evenly and not a hundred at once. */
const ROW_SECONDS = 0.1

/** @returns how many recipients a row may have, by its customer's rate; one is always possible. */
export function rowRecipientsMax(
  { partsPerSecond }: Pick<SendingPlan, 'partsPerSecond'>,
  partsOfOne: number,
): number {
  return partsPerSecond === null
    ? Infinity
    : Math.max(1, Math.floor((partsPerSecond * ROW_SECONDS) / partsOfOne))
}

/**
 * Spreads a message over time by the generic cell rate algorithm, with times instead of refusals: each row leaves when the
 * one before has had its time, and within the window (decision 0041). A message for a later time than all others does not
 * push the next ones behind it, and so takes nothing from the rate.
 */
export function depart({
  plan,
  tatMicros,
  nowMicros,
  sendAtMicros,
  parts,
}: DepartureRequest): DepartDecision {
  const { partsPerSecond, window } = plan
  const earliest = Math.max(nowMicros, sendAtMicros ?? 0)
  const first = Math.max(earliest, tatMicros)
  const openings = window ? openingsOf(window) : sameTime
  if (partsPerSecond === null && openings(first) === earliest)
    return {
      kind: 'departs',
      dueMicros: parts.map(() => later(earliest, nowMicros)),
      delayedBy: undefined,
      tatMicros,
    }
  const interval = intervalMicrosOf(perSecond(partsPerSecond ?? OPENING_PARTS_PER_SECOND))
  let isByWindow = partsPerSecond === null || openings(earliest) > earliest
  let next = first
  const dueMicros: number[] = []
  for (const [index, each] of parts.entries()) {
    const due = openings(next)
    if (due > earliest + DELAY_MICROS_MAX) {
      if (tatMicros <= earliest) return { kind: 'too_far', retryAfterMs: Infinity }
      const lastMicros = due + sumOf(parts.slice(index, -1)) * interval
      return { kind: 'too_far', retryAfterMs: Math.ceil((lastMicros - earliest - DELAY_MICROS_MAX) / 1_000) }
    }
    if (due > next) isByWindow = true
    dueMicros.push(due)
    next = due + each * interval
  }
  const isDelayed = (dueMicros.at(-1) ?? 0) > earliest
  return {
    kind: 'departs',
    dueMicros: dueMicros.map((due) => later(due, nowMicros)),
    delayedBy: isDelayed ? (isByWindow ? 'window' : 'rate') : undefined,
    tatMicros: first === sendAtMicros && first > nowMicros ? tatMicros : next,
  }
}

function later(micros: number, nowMicros: number): number | undefined {
  return micros > nowMicros ? micros : undefined
}

function sumOf(parts: number[]): number {
  return parts.reduce((sum, each) => sum + each, 0)
}

function sameTime(micros: number): number {
  return micros
}

/** @returns for times in ascending order when the window is next open. It asks again only where the window may end. */
function openingsOf(window: SendingWindow): (micros: number) => number {
  let [from, until] = [0, 0]
  return (micros) => {
    if (micros >= from && micros < until) return micros
    const atMs = Math.floor(micros / 1_000)
    const opensAtMs = nextOpening(window, atMs)
    const opening = opensAtMs === atMs ? micros : opensAtMs * 1_000
    ;[from, until] = [opening, openUntil(window, opensAtMs) * 1_000]
    return opening
  }
}
