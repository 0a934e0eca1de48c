import type { DeliveryStatus, SmsState } from '../../db/schema.ts'
import { STATE_RULES, V1_STATUSES } from './states.ts'
import type { V1Status } from './states.ts'

/** What decides the name of a recipient's status on `/v1`. */
export interface StatusFacts {
  status: SmsState
  deliveryStatus: DeliveryStatus | null
  /** A first attempt ended without a result. */
  isRetrying: boolean
  /** Its time to be sent lies in the future. */
  isScheduled: boolean
}

/** Recipients by status. */
export type V1Counts = Record<V1Status, number>

/** @returns a recipient's status as `/v1` names it. What is quarantined is SENDING, like its state. */
export function v1StatusOf({ status, deliveryStatus, isRetrying, isScheduled }: StatusFacts): V1Status {
  if (status === 'pending' && isRetrying) return 'FAILED_TEMP'
  if (status === 'pending' && isScheduled) return 'SCHEDULED'
  if (status === 'done' && deliveryStatus === 'delivered') return 'DELIVERED'
  if (status === 'done' && deliveryStatus === 'undelivered') return 'FAILED_PERM'
  return STATE_RULES[status].v1
}

const OPEN: readonly V1Status[] = ['QUEUED', 'SCHEDULED', 'SENDING', 'FAILED_TEMP']
/** Of a finished message the first that a recipient has is the message's. */
const FINISHED: readonly V1Status[] = ['SENT', 'DELIVERED', 'FAILED_PERM', 'CANCELLED']

/** Whether a message with this status has unfinished recipients. */
export function isOpenV1(status: V1Status): boolean {
  return OPEN.includes(status)
}

/**
 * @returns the status of a message from those of its recipients: the one that all have which were not cancelled, SENDING
 * while only some are finished or they differ otherwise, and of a finished message SENT if one was sent.
 */
export function v1StatusOfAll(counts: V1Counts): V1Status {
  const has = (status: V1Status) => counts[status] > 0
  const open = OPEN.filter(has)
  const [finished = 'CANCELLED'] = FINISHED.filter(has)
  const [only, ...others] = open
  if (only === undefined) return finished
  return others.length === 0 && finished === 'CANCELLED' ? only : 'SENDING'
}

export function noCounts(): V1Counts {
  return Object.fromEntries(V1_STATUSES.map((status) => [status, 0])) as V1Counts
}
