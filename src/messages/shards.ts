import type { Db } from '../platform/db/index.ts'
import { createBatcher } from '../platform/batcher.ts'
import type { Admission } from '../platform/batcher.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { accept, acceptFree } from './accept.ts'
import type { AcceptContext } from './accept.ts'
import type { Submitted } from './decide.ts'
import { openAside } from './aside.ts'
import type { Aside } from './aside.ts'
import type { MessageEvents } from './events.ts'
import type { SendRequest, Decision } from './types.ts'

/** Decides one request, together with those that arrive at the same time. */
export type Accept = (request: SendRequest, isGone?: () => boolean) => Promise<Decision>

export interface ShardsSettings extends AcceptContext {
  db: Db
  /** Transactions at once; a customer's requests are all in one of them. */
  lanes: number
  /** Recipients of one transaction. */
  batchSizeMax: number
  events: Pick<MessageEvents, 'batchDecided'>
  clock?: Required<Pick<Admission<never>, 'nowMs' | 'after'>>
}

interface Arrival extends Submitted {
  isGone: () => boolean
}

type Decide = (arrivals: Arrival[]) => Promise<Decision[]>

/** Above so many recipients a request is a transaction of its own, in a lane of its own: the small ones go past it. */
const LARGE_RECIPIENTS = 500
/** Recipients that may wait in a lane: some seconds of its work. Beyond, 503 is the better answer. */
const WAITING_RECIPIENTS_MAX = 10_000
/** The lane of the large, and the place aside, have room for a few of the largest. */
const WAITING_LARGE_RECIPIENTS_MAX = 50_000
/** Requests that may wait in a lane: with usual texts 2 MB, and 32 MB when all have the longest there is. */
const WAITING_REQUESTS_MAX = 5_000
/** Who would wait longer is told so instead: a client's patience is short, and it costs him nothing to ask again. */
const WAIT_MAX_MS = 2_000
/** Customers aside that are decided at once: each may keep a connection for a lock wait, mostly for nothing. */
const ASIDE_RUNS_MAX = 8
/** The part of the connections that they may have. */
const ASIDE_CONNECTIONS_SHARE = 1 / 4

/**
 * Accepting by load: requests that arrive while a transaction is in flight share the next one of their lane. The lane
 * is the customer's number modulo the number of lanes, which all processes should have in common, so that two
 * processes' batches do not wait on each other in a chain; nothing but speed depends on it. A fault of one request fails
 * that one alone. A customer whose balance somebody else keeps locked is put aside: there he is decided alone, and only
 * there he is told that he is held.
 */
export function openShards(settings: ShardsSettings): Accept {
  const { db, newId, batchSizeMax, events, clock } = settings
  const bounded = (waitingWeightMax: number) => ({
    weigh: ({ recipients }: Arrival) => recipients.length,
    mayBeItemFault: (error: unknown) => !(error instanceof Unavailable),
    admission: { ...ADMISSION, ...clock, waitingWeightMax },
  })
  const decideBy = (verb: typeof accept) => async (arrivals: Arrival[]) => {
    const verdicts = await verb(db, arrivals, settings)
    const held = verdicts.filter(({ kind }) => kind === 'account_locked').length
    if (held < arrivals.length) events.batchDecided({ requests: arrivals.length - held })
    return verdicts
  }
  const maxConcurrency = Math.min(
    ASIDE_RUNS_MAX,
    Math.ceil(db.settings.maxOpenConns * ASIDE_CONNECTIONS_SHARE),
  )
  const aside = openAside<Arrival>(
    {
      ...bounded(WAITING_LARGE_RECIPIENTS_MAX),
      batchWeightMax: batchSizeMax,
      maxConcurrency,
      runBatch: decideBy(accept),
    },
    clock?.nowMs ?? (() => performance.now()),
  )
  const openLane = (batchWeightMax: number, waitingWeightMax: number, verb: typeof accept) =>
    createBatcher<Arrival, Decision>({
      ...bounded(waitingWeightMax),
      batchWeightMax,
      runBatch: (arrivals) => decideOrPutAside(arrivals, decideBy(verb), aside),
    })
  const small = Array.from({ length: settings.lanes }, () =>
    openLane(batchSizeMax, WAITING_RECIPIENTS_MAX, accept),
  )
  // One at a time: who would wait for his balance would keep all the other large ones waiting.
  const large = openLane(1, WAITING_LARGE_RECIPIENTS_MAX, acceptFree)

  return (request, isGone = () => false) => {
    const { userId, recipients } = request
    const lane = recipients.length > LARGE_RECIPIENTS ? large : (small[userId % small.length] ?? large)
    return lane.add({ ...request, smsIdentifier: newId(), isGone })
  }
}

/**
 * Those who are found held, or are aside already, go on there, and the lane does not wait for them. Only when the
 * others are decided: whoever was moved and then decided again here, after a fault, would pay twice.
 */
async function decideOrPutAside(
  arrivals: Arrival[],
  decide: Decide,
  aside: Aside<Arrival>,
): Promise<(Decision | Promise<Decision>)[]> {
  const here = arrivals.filter(({ userId }) => !aside.has(userId))
  const verdicts = here.length > 0 ? await decide(here) : []
  const decided = new Map(here.map((arrival, index) => [arrival, verdicts[index]]))
  return arrivals.map((arrival) => {
    const verdict = decided.get(arrival)
    return verdict && verdict.kind !== 'account_locked' ? verdict : aside.add(arrival)
  })
}

const REFUSALS: Record<Parameters<Admission<Arrival>['refuse']>[0], string> = {
  full: 'Too many messages wait to be accepted. Nothing was changed.',
  share: 'Too many messages of this customer wait to be accepted. Nothing was changed.',
  late: 'The message waited too long to be accepted. Nothing was changed.',
  gone: 'The client left before its message was accepted. Nothing was changed.',
}

const ADMISSION = {
  waitingItemsMax: WAITING_REQUESTS_MAX,
  waitMaxMs: WAIT_MAX_MS,
  ownerOf: ({ userId }: Arrival) => userId,
  isGone: (arrival: Arrival) => arrival.isGone(),
  refuse: (why: keyof typeof REFUSALS) => new Unavailable('overloaded', REFUSALS[why]),
}
