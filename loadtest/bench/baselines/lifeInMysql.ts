import { setTimeout as pause } from 'node:timers/promises'
import { claimEnvelopes, settle } from '../../../src/delivery/index.ts'
import { accept, priceRequest } from '../../../src/messages/index.ts'
import type { AcceptContext, Price, Submitted } from '../../../src/messages/index.ts'
import { claim } from '../../../src/outbox/claim.ts'
import type { Claim } from '../../../src/outbox/claim.ts'
import { confirmLease } from '../../../src/outbox/confirmLease.ts'
import type { PublishedRow } from '../../../src/outbox/confirmLease.ts'
import { openVirtualTime } from '../../../src/outbox/index.ts'
import type { Db } from '../../../src/platform/db/index.ts'
import { NO_TARIFFS } from '../../../src/tariffs/index.ts'
import { ONE_RECIPIENT } from '../scenarios/oneRecipient.ts'

export interface LifeOptions {
  db: Db
  newId: () => string
  /** Recipients of one transaction. */
  batchSize: number
  recipientsPerRequest: number
  /**
   * Transactions that accept at once, each for customers of its own, so that none waits for another's balances; and
   * as many that claim and settle what the one poller of the outbox found.
   */
  workers: number
}

export interface Life {
  /** Recipients finished so far. */
  ended(): number
  /** Stops accepting and resolves when every accepted recipient has finished. Rejects with the first fault. */
  stop(): Promise<void>
}

const BASIS = { tariffs: NO_TARIFFS, prices: { normal: 1, express: 3 } }
const price: Price = (query) => priceRequest(BASIS, { ...query, atMs: 0 })
const ENVELOPE_RECIPIENTS = 100
const UNKNOWN_SUBMISSIONS_MAX = 3
const VALIDITY_MS = 86_400_000
const OPERATOR = { name: 'operator-a', keepsOurReference: true }
const TEXT = 'Your parcel is on its way and arrives between 10 and 12 o’clock.'
const CUSTOMERS = ONE_RECIPIENT.customerLast

/** Batches that may wait for a claim: enough that a claim never waits for one, and little work at the end. */
const BATCHES_WAITING_MAX = 4
const IDLE_POLL_MS = 1
/** As the relay does. */
const CONFIRM_LEASE_AFTER_MS = 2_000

/**
 * The life cycle of messages in the database, with the engine's functions and statements: accepted, claimed from the
 * outbox by one poller, claimed by consumers, settled as done, and the lease of the rest confirmed after 2 s. No HTTP,
 * no broker, no operator.
 */
export function startLife(options: LifeOptions): Life {
  const { db, newId, batchSize, workers } = options
  const envelopesMax = Math.max(1, Math.ceil(batchSize / ENVELOPE_RECIPIENTS))
  const waitingMax = (BATCHES_WAITING_MAX + 2 * workers) * batchSize
  const delivering = new Set<Promise<void>>()
  const context: AcceptContext = {
    ...{ price, newId, normalOrder: 'fair', guaranteedWithinMs: 2_000 },
    virtualTime: openVirtualTime(),
  }
  const published: PublishedRow[] = []
  let [accepted, ended] = [0, 0]
  let isStopping = false
  let hasFailed = false
  const acceptAll = async (worker: number) => {
    while (!isStopping && !hasFailed) {
      if (accepted - ended > waitingMax) {
        await pause(IDLE_POLL_MS)
        continue
      }
      // Two statements, because the sum must be read after the wait: others change it during the wait.
      const recipients = await acceptOne(options, context, worker)
      accepted += recipients
    }
  }
  const relayAll = async (accepting: Promise<unknown>) => {
    let isAccepting = true
    accepting.finally(() => (isAccepting = false)).catch(() => {})
    while (!hasFailed && (isAccepting || ended < accepted)) {
      if (delivering.size >= workers) await Promise.race(delivering)
      const claimed = await claim(db, 'normal', envelopesMax, newId, { batchSizeMax: batchSize })
      if (!claimed) {
        await pause(IDLE_POLL_MS)
        continue
      }
      const { envelopes, leaseUntil } = claimed
      published.push(...envelopes.map(({ outboxId }) => ({ outboxId, leaseUntil })))
      const work: Promise<void> = deliverClaim(options, claimed)
        .then((recipients) => void (ended += recipients))
        .finally(() => delivering.delete(work))
      work.catch(() => (hasFailed = true))
      delivering.add(work)
    }
    await Promise.all(delivering)
  }
  const markAll = async (working: Promise<unknown>) => {
    let isWorking = true
    working.finally(() => (isWorking = false)).catch(() => {})
    while (isWorking) {
      await Promise.race([pause(CONFIRM_LEASE_AFTER_MS), working])
      await confirmLease(db, 'normal', published.splice(0))
    }
  }
  const accepting = Promise.all(Array.from({ length: workers }, (_, worker) => acceptAll(worker)))
  const relaying = relayAll(accepting)
  const working = Promise.all([accepting, relaying, markAll(relaying)])
  working.catch(() => (hasFailed = true))
  return {
    ended: () => ended,
    async stop() {
      isStopping = true
      await working
    },
  }
}

async function acceptOne(options: LifeOptions, context: AcceptContext, worker: number): Promise<number> {
  const { db, batchSize, recipientsPerRequest } = options
  const requests = Array.from({ length: Math.max(1, Math.round(batchSize / recipientsPerRequest)) }, () =>
    request(options, worker),
  )
  const decisions = await accept(db, requests, context)
  if (decisions.some(({ kind }) => kind !== 'accepted')) throw new Error('MySQL alone: not all was accepted')
  return requests.length * recipientsPerRequest
}

async function deliverClaim({ db, newId }: LifeOptions, { envelopes }: Claim): Promise<number> {
  const runs = await claimEnvelopes(db, envelopes, {
    unknownSubmissionsMax: UNKNOWN_SUBMISSIONS_MAX,
    validityMs: VALIDITY_MS,
    onUnknown: null,
  })
  await settle(
    { db, newId },
    runs.map(({ inFlight, tasks }) => ({
      inFlight,
      settlements: tasks.map((task) => ({
        ...{ kind: 'done' as const, task, operator: OPERATOR, operatorMessageId: null },
      })),
    })),
  )
  return runs.reduce((sum, { tasks }) => sum + tasks.length, 0)
}

function request({ newId, workers, recipientsPerRequest }: LifeOptions, worker: number): Submitted {
  const turn = Math.floor(Math.random() * Math.floor(CUSTOMERS / workers))
  return {
    smsIdentifier: newId(),
    userId: 1 + turn * workers + worker,
    text: TEXT,
    type: 'normal',
    recipients: Array.from({ length: recipientsPerRequest }, (_, no) => `+99900000${10_000 + no}`),
    traceparent: undefined,
  }
}
