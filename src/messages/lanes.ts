import type { Db } from '../platform/db/index.ts'
import { gather } from '../platform/gather.ts'
import type { Admission, Gathering } from '../platform/gather.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { accept } from './accept.ts'
import type { Prices, Submitted } from './accept.ts'
import type { MessageEvents } from './events.ts'
import type { SendRequest, Verdict } from './types.ts'

/** Decides one request, together with those that arrive at the same time. */
export type Accept = (request: SendRequest, isGone?: () => boolean) => Promise<Verdict>

export interface LanesSettings {
  db: Db
  prices: Prices
  newId: () => string
  /** Transactions at once; a customer's requests are all in one of them. */
  lanes: number
  /** Recipients of one transaction. */
  batchSizeMax: number
  events: Pick<MessageEvents, 'batchDecided'>
}

interface Arrival extends Submitted {
  isGone: () => boolean
}

/** Above so many recipients a request is a transaction of its own, in a lane of its own: the small ones go past it. */
const LARGE_RECIPIENTS = 500
/** Recipients that may wait in a lane: some seconds of its work, and a few MB. Beyond, 503 is the better answer. */
const WAITING_RECIPIENTS_MAX = 10_000
/** The lane of the large has room for a few of the largest. */
const WAITING_LARGE_RECIPIENTS_MAX = 50_000
/** Who would wait longer is told so instead: a client's patience is short, and it costs him nothing to ask again. */
const WAIT_MAX_MS = 2_000
/** A customer whose balance was held by somebody else delays those he shares a lane with: he gets another for so long. */
const ASIDE_MS = 10_000
/** At most so many customers are remembered as held; the oldest are forgotten. */
const ASIDE_CUSTOMERS_MAX = 1_000

/**
 * Accepting by load: requests that arrive while a transaction is in flight share the next one of their lane. The lane
 * is the customer's number modulo the number of lanes, which all processes should have in common, so that two
 * processes' batches do not wait on each other in a chain; nothing but speed depends on it. A fault of one request fails
 * that one alone.
 */
export function openLanes(settings: LanesSettings): Accept {
  const shared = { runWeightMax: settings.batchSizeMax, waitingWeightMax: WAITING_RECIPIENTS_MAX }
  const small = Array.from({ length: settings.lanes }, () => openLane(settings, shared))
  const aside = openLane(settings, shared)
  const large = openLane(settings, { runWeightMax: 1, waitingWeightMax: WAITING_LARGE_RECIPIENTS_MAX })
  const heldUntilMs = new Map<number, number>()

  const laneOf = ({ userId, recipients }: SendRequest) => {
    if (recipients.length > LARGE_RECIPIENTS) return large
    const untilMs = heldUntilMs.get(userId)
    if (untilMs !== undefined && performance.now() < untilMs) return aside
    heldUntilMs.delete(userId)
    return small[userId % small.length] ?? aside
  }
  const setAside = (userId: number) => {
    heldUntilMs.delete(userId)
    const [oldest] = heldUntilMs.size >= ASIDE_CUSTOMERS_MAX ? heldUntilMs.keys() : []
    if (oldest !== undefined) heldUntilMs.delete(oldest)
    heldUntilMs.set(userId, performance.now() + ASIDE_MS)
  }
  return async (request, isGone = () => false) => {
    const arrival = { ...request, smsIdentifier: settings.newId(), isGone }
    const verdict = await laneOf(request).add(arrival)
    if (verdict.kind === 'customer_held') setAside(request.userId)
    return verdict
  }
}

function openLane(
  { db, prices, newId, events }: LanesSettings,
  { runWeightMax, waitingWeightMax }: { runWeightMax: number; waitingWeightMax: number },
): Gathering<Arrival, Verdict> {
  return gather<Arrival, Verdict>({
    weightOf: ({ recipients }) => recipients.length,
    runWeightMax,
    mayBeOfOne: (error) => !(error instanceof Unavailable),
    admission: { waitingWeightMax, waitMaxMs: WAIT_MAX_MS, isGone: (arrival) => arrival.isGone(), refuse },
    run: async (arrivals) => {
      const verdicts = await accept(db, arrivals, prices, newId)
      events.batchDecided({ requests: arrivals.length })
      return verdicts
    },
  })
}

const REFUSALS: Record<Parameters<Admission<Arrival>['refuse']>[0], string> = {
  full: 'Too many messages wait to be accepted. Nothing was changed.',
  late: 'The message waited too long to be accepted. Nothing was changed.',
  gone: 'The client left before its message was accepted. Nothing was changed.',
}

function refuse(why: keyof typeof REFUSALS): Unavailable {
  return new Unavailable('overloaded', REFUSALS[why])
}
