import { FAILURE_REASONS } from '../../src/messages/index.ts'
import type { MessageClass } from '../../src/primitives/messageClass.ts'
import type { Measured } from '../startWorld.ts'

/** Recipients that ended alike. */
export interface Ended {
  type: MessageClass
  status: string
  delivery: string | null
  reason: string | null
  count: number
}

/** Fewer would say that clients hardly sent while the operators were down. */
const PER_SECOND_MIN = 2

/** @param drainedMs how long after the operators were back nothing was left to be sent. */
export function describeOutage(
  ended: readonly Ended[],
  { during, durationMs, drainedMs }: { during: number; durationMs: number; drainedMs: number },
): Measured {
  const of = (type: MessageClass, isWanted: (each: Ended) => boolean) =>
    ended.reduce((sum, each) => sum + (each.type === type && isWanted(each) ? each.count : 0), 0)
  const isDelivered = ({ status, delivery }: Ended) => status === 'done' && delivery === 'delivered'
  const isExpired = ({ status, reason }: Ended) => status === 'failed' && reason === FAILURE_REASONS.expired
  const missed = ended
    .filter((each) => !isDelivered(each) && !(each.type === 'express' && isExpired(each)))
    .map(
      ({ type, status, delivery, reason, count }) =>
        `${count} ${type} messages are ${[status, delivery, reason].filter(Boolean).join(', ')}`,
    )
  const least = Math.ceil((durationMs / 1_000) * PER_SECOND_MIN)
  if (during < least) missed.push(`only ${during} messages were sent during the outage, and not ${least}`)
  const lines = [
    `All operators were down for ${durationMs / 1_000} s, in which ${during} messages were sent. ` +
      `${Math.round(drainedMs / 1_000)} s after they were back nothing was left.`,
    `Normal: ${of('normal', isDelivered)} delivered. Express: ${of('express', isDelivered)} delivered, ` +
      `${of('express', isExpired)} expired and refunded.`,
  ]
  return { lines, missed }
}
