import { openLockedAccountQueue } from '../ledger/index.ts'
import type { LockedAccountQueue } from '../ledger/index.ts'
import { createBatcher } from '../platform/batcher.ts'
import type { Admission } from '../platform/batcher.ts'
import type { Db } from '../platform/db/index.ts'
import { openKeysInUse } from '../platform/keysInUse.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { Unavailable } from '../primitives/unavailable.ts'
import { accept, acceptFree } from './accept.ts'
import type { AcceptContext } from './accept.ts'
import { accountLocked } from './accountLocked.ts'
import type { Submitted } from './decide.ts'
import type { MessageEvents } from './events.ts'
import type { Decision, SendRequest } from './types.ts'

/** Decides one request. `isGone` says at any moment whether its client has disconnected. */
export type Accept = (request: SendRequest, isGone?: () => boolean) => Promise<Decision>

export interface ShardsSettings extends AcceptContext {
  db: Db
  /** Transactions at once for each class; a customer's requests of a class are all in one shard. */
  shards: number
  /** Recipients of one transaction. */
  batchSizeMax: number
  events: Pick<MessageEvents, 'batchDecided'>
  /** Customers of whom a bulk is being accepted: their requests are decided by themselves and delay no others. */
  hasBulk?: (userId: number) => boolean
  clock?: Required<Pick<Admission<never>, 'nowMs' | 'after'>>
}

interface Arrival extends Submitted {
  isGone: () => boolean
}

type Add = (arrival: Arrival) => Promise<Decision>
type Decide = (arrivals: Arrival[]) => Promise<Decision[]>
type LockedQueue = LockedAccountQueue<Arrival, Decision>
/** Decides requests whose customer's account was locked; `has`: a customer whose next requests must go there as well. */
type Later = Pick<LockedQueue, 'has' | 'add'>

/** A request of more recipients is a transaction of its own in a shard of its own: small requests pass it. */
const LARGE_RECIPIENTS = 500
/**
 * Requests of one transaction. Larger ones save little, and express would wait longer for a customer whose normal
 * requests are in one.
 */
const BATCH_REQUESTS_MAX = 250
/** Recipients that may wait in a shard: some seconds of its work. Beyond, 503 is the better answer. */
const WAITING_RECIPIENTS_MAX = 10_000
/** The shard of large requests and the queue of locked accounts have room for a few of the largest. */
const WAITING_LARGE_RECIPIENTS_MAX = 50_000
/** Requests that may wait in a shard: with usual texts 2 MB, and 32 MB when all have the longest text. */
const WAITING_REQUESTS_MAX = 5_000
/** Requests that would wait longer get a 503; retrying is free. */
const WAIT_MAX_MS = 2_000
/** Locked customers that are decided at once: each may keep a connection for a lock wait. */
const LOCKED_CUSTOMERS_AT_ONCE_MAX = 8
/** Their part of the connections. */
const LOCKED_CONNECTIONS_SHARE = 1 / 4

/**
 * Accepting in batches under load: requests that arrive while a transaction is in flight share the next one of their
 * shard, the customer number modulo the shard count. Each class has queues and shards of its own, so that a flood of
 * normal requests refuses no express one (invariant 5, decision 0020).
 */
export function openShards(settings: ShardsSettings): Accept {
  const { newId } = settings
  const locked = openLockedQueue(settings)
  const inFlight = openInFlight()
  const add: Record<MessageClass, Add> = {
    normal: openClass(settings, locked, {
      decide: (arrivals) => inFlight.during(arrivals, decideBy(settings, accept)),
      later: () => locked,
    }),
    // Express waits for no balance that a batch of normal requests has locked, unless it is its own customer's.
    express: openClass(settings, locked, {
      decide: decideBy(settings, acceptFree),
      later: () => openBehindNormal(settings, locked, inFlight),
    }),
  }
  return (request, isGone = () => false) => add[request.type]({ ...request, smsIdentifier: newId(), isGone })
}

interface ClassRules {
  decide: Decide
  /** For each shard. */
  later: () => Later
}

function openClass(settings: ShardsSettings, locked: LockedQueue, rules: ClassRules): Add {
  const open = (batchWeightMax: number, waitingWeightMax: number, decide: Decide) => {
    const later = rules.later()
    return createBatcher<Arrival, Decision>({
      ...bounded(settings, waitingWeightMax, (why, { userId }) =>
        locked.has(userId) ? accountLocked() : new Unavailable('overloaded', REFUSALS[why]),
      ),
      batchWeightMax,
      batchItemsMax: BATCH_REQUESTS_MAX,
      runBatch: (arrivals) => decideOrDefer(arrivals, decide, later),
    })
  }
  const small = Array.from({ length: settings.shards }, () =>
    open(settings.batchSizeMax, WAITING_RECIPIENTS_MAX, rules.decide),
  )
  // One at a time, and without a lock wait, which would delay all other large requests.
  const large = open(1, WAITING_LARGE_RECIPIENTS_MAX, decideBy(settings, acceptFree))
  return (arrival) => {
    const { userId, recipients } = arrival
    const shard = recipients.length > LARGE_RECIPIENTS ? large : (small[userId % small.length] ?? large)
    return shard.add(arrival)
  }
}

type InFlight = ReturnType<typeof openInFlight>

/** The small normal batches in flight: each locks the balances of its customers until it ends. */
function openInFlight() {
  const batches = new Map<number, Promise<unknown>>()
  return {
    async during(arrivals: Arrival[], decide: Decide): Promise<Decision[]> {
      const decided = decide(arrivals)
      const ended = decided.catch(() => {})
      for (const { userId } of arrivals) batches.set(userId, ended)
      try {
        return await decided
      } finally {
        for (const { userId } of arrivals) batches.delete(userId)
      }
    },
    /** Resolves when the batches that are in flight now with one of these customers have ended. */
    ended: (arrivals: Arrival[]) => Promise.all(arrivals.flatMap(({ userId }) => batches.get(userId) ?? [])),
  }
}

/**
 * Express requests whose customers a normal batch has locked: decided together when it has ended. Whose account is locked
 * then, by another process or a fault, goes on in the queue of locked accounts.
 */
function openBehindNormal(settings: ShardsSettings, locked: LockedQueue, inFlight: InFlight): Later {
  const waiting = openKeysInUse<number>()
  const batcher = createBatcher<Arrival, Decision>({
    ...bounded(settings, WAITING_LARGE_RECIPIENTS_MAX, accountLocked),
    batchWeightMax: settings.batchSizeMax,
    batchItemsMax: BATCH_REQUESTS_MAX,
    runBatch: async (arrivals) => {
      await inFlight.ended(arrivals)
      return decideOrDefer(arrivals, decideBy(settings, acceptFree), locked)
    },
  })
  return {
    has: (userId) => waiting.has(userId) || locked.has(userId),
    add: (arrival) =>
      locked.has(arrival.userId)
        ? locked.add(arrival)
        : waiting.during(arrival.userId, () => batcher.add(arrival)),
  }
}

function openLockedQueue(settings: ShardsSettings): LockedQueue {
  const { db, batchSizeMax, clock, hasBulk = () => false } = settings
  const queue = openLockedAccountQueue<Arrival, Decision>({
    ...bounded(settings, WAITING_LARGE_RECIPIENTS_MAX, accountLocked),
    ...(clock && { nowMs: clock.nowMs }),
    batchWeightMax: batchSizeMax,
    maxConcurrency: Math.min(
      LOCKED_CUSTOMERS_AT_ONCE_MAX,
      Math.ceil(db.settings.maxOpenConns * LOCKED_CONNECTIONS_SHARE),
    ),
    runBatch: decideBy(settings, accept),
    userIdOf: ({ userId }) => userId,
    isLocked: ({ kind }) => kind === 'account_locked',
  })
  return { ...queue, has: (userId) => queue.has(userId) || hasBulk(userId) }
}

function decideBy(settings: ShardsSettings, verb: typeof accept): Decide {
  return async (arrivals) => {
    const decisions = await verb(settings.db, arrivals, settings)
    const undecided = decisions.filter(({ kind }) => kind === 'account_locked').length
    if (undecided < arrivals.length) settings.events.batchDecided({ requests: arrivals.length - undecided })
    return decisions
  }
}

/**
 * Customers with a locked account are decided later, and the shard does not wait for them. They are moved after the others
 * are decided: a fault decides a batch again, and a request that had been moved would be charged twice.
 */
async function decideOrDefer(
  arrivals: Arrival[],
  decide: Decide,
  later: Later,
): Promise<(Decision | Promise<Decision>)[]> {
  const here = arrivals.filter(({ userId }) => !later.has(userId))
  const decisions = here.length > 0 ? await decide(here) : []
  const decided = new Map(here.map((arrival, index) => [arrival, decisions[index]]))
  return arrivals.map((arrival) => {
    const decision = decided.get(arrival)
    return decision && decision.kind !== 'account_locked' ? decision : later.add(arrival)
  })
}

type Refuse = Admission<Arrival>['refuse']

function bounded({ clock }: ShardsSettings, waitingWeightMax: number, refuse: Refuse) {
  return {
    weigh: ({ recipients }: Arrival) => recipients.length,
    mayBeItemFault: (error: unknown) => !(error instanceof Unavailable),
    admission: {
      waitingItemsMax: WAITING_REQUESTS_MAX,
      waitMaxMs: WAIT_MAX_MS,
      ownerOf: ({ userId }: Arrival) => userId,
      isGone: (arrival: Arrival) => arrival.isGone(),
      refuse,
      ...clock,
      waitingWeightMax,
    },
  }
}

const REFUSALS: Record<Parameters<Refuse>[0], string> = {
  full: 'Overloaded: too many messages wait to be accepted. Nothing was charged.',
  share: 'Overloaded: too many messages of this customer wait to be accepted. Nothing was charged.',
  late: 'Overloaded: timed out before acceptance. Nothing was charged.',
  gone: 'The client disconnected before acceptance. Nothing was charged.',
}
