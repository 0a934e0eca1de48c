import type { MessageClass } from '../contract.ts'

/** A slice of an operator's time, or when there may be one. Times are microseconds by the database's clock. */
export type Grant =
  { kind: 'granted'; startsAtUs: number; endsAtUs: number } | { kind: 'later'; atUs: number }

/**
 * How far ahead an operator's time may be leased. Normal leaves what is further ahead to express, so that an express
 * message waits for less than this behind normal ones, however many there are (invariant 5).
 */
export const HORIZON_US: Record<MessageClass, number> = { normal: 250_000, express: 5_000_000 }

/** Decides a lease of `costUs` when the operator's time is given away until `leasedUntilUs`. Time that passed is lost. */
export function grantSlice(
  messageClass: MessageClass,
  { leasedUntilUs, nowUs, costUs }: { leasedUntilUs: number; nowUs: number; costUs: number },
): Grant {
  const horizonUs = HORIZON_US[messageClass]
  if (leasedUntilUs > nowUs + horizonUs) return { kind: 'later', atUs: leasedUntilUs - horizonUs }
  const startsAtUs = Math.max(leasedUntilUs, nowUs)
  return { kind: 'granted', startsAtUs, endsAtUs: startsAtUs + Math.ceil(costUs) }
}
