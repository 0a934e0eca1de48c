import type { CallResult, OperatorResult } from './contract.ts'

/** Every result that a message can have; metrics show each of them from the start. */
export const RESULT_KINDS = [
  'accepted',
  'rejected',
  'unavailable',
  'throttled',
  'refused',
  'unknown',
] as const

/** What a call of `messages` submissions says of the one at `position`. */
export function resultOf(call: CallResult, position: number, messages: number): OperatorResult {
  switch (call.kind) {
    case 'answered':
      return call.results[position] ?? { kind: 'unknown', reason: 'no result from the adapter' }
    case 'refused':
      if (messages > 1) return { kind: 'unavailable', reason: `refused together: ${call.reason}` }
      return { kind: call.operatorFailed ? 'unavailable' : 'refused', reason: call.reason }
    case 'throttled':
    case 'unavailable':
    case 'unknown':
      return call
  }
}

/** The results that this call decided. A refused call of several decides none: its halves do, or nothing does. */
export function countResults(call: CallResult, messages: number): Record<OperatorResult['kind'], number> {
  const counts = { accepted: 0, rejected: 0, unavailable: 0, throttled: 0, refused: 0, unknown: 0 }
  if (call.kind === 'refused' && messages > 1) return counts
  for (let position = 0; position < messages; position++) counts[resultOf(call, position, messages).kind]++
  return counts
}

/** A call, a message of it, or a part of one that the operator put off because the rate was too high. */
export function throttlingIn(call: CallResult): { retryAfterMs: number | null } | undefined {
  if (call.kind === 'throttled') return call
  if (call.kind !== 'answered') return undefined
  if (call.throttledParts) return { retryAfterMs: null }
  return call.results.find((result) => result.kind === 'throttled')
}

/**
 * What a breaker counts: transport faults, time-outs, 5xx and answers that cannot be read, never rejections and
 * throttling. A refusal counts, but only the caller knows whether the rest of a split call was refused as well.
 */
export function isFailure(call: CallResult): boolean {
  switch (call.kind) {
    case 'answered':
      return call.results.every(({ kind }) => kind === 'unknown')
    case 'throttled':
      return false
    case 'refused':
    case 'unavailable':
    case 'unknown':
      return true
  }
}
