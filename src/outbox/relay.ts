import type { Publisher, PublishResult } from '../platform/broker/index.ts'
import type { Db } from '../platform/db/index.ts'
import { afterTimeout, startLoop } from '../platform/loop.ts'
import type { After, Loop } from '../platform/loop.ts'
import { emitStep, emitStepWhenWritten } from '../platform/steps.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { claim, hasDue } from './claim.ts'
import type { Claim } from './claim.ts'
import { countRecipients, encodeEnvelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import type { OutboxEvents } from './events.ts'
import { giveBack, markPublished } from './settle.ts'
import type { PublishedRow } from './settle.ts'
import { READY_ENVELOPES_MAX } from './topology.ts'

export interface RelaySettings {
  db: Db
  publisher: Publisher
  type: MessageClass
  queue: string
  events: OutboxEvents
  newId: () => string
  /** Recipients of one claim and, up to 100, of one envelope. */
  batchSizeMax: number
  /** Outbox rows of one claim. */
  rowsMax: number
  /** Claims at once. One leaves the database and the other class room; batches of one need more. */
  lanes: number
  /** Monotonic milliseconds, and the timers that go by them; a test has its own. */
  nowMs?: () => number
  after?: After
}

/** How soon an idle poller sees what another process committed. A commit in this process wakes it. */
const IDLE_POLL_MS: Record<MessageClass, number> = { express: 25, normal: 100 }
/** When nothing was due for so long, the poller looks less often: each look takes 0.7 ms of CPU (measured). */
const QUIET_AFTER_MS = 5_000
const QUIET_POLL_FACTOR = 6
/**
 * From one claim to the next while each finds something, unless it left something behind. So under load envelopes are
 * large and few: each costs the database, the broker and an operator some twenty round trips, whatever it holds.
 */
const BUSY_MS: Record<MessageClass, number> = { express: 50, normal: 100 }
/**
 * A published row is marked this much later, well within its claim's lease of 10 s: by then most are settled and gone,
 * so that the mark costs next to nothing and does not meet the consumer that works on the row.
 */
const CONFIRM_LEASE_AFTER_MS = 2_000

/** A lane that only helps the one before it is woken by that one, and looks for nothing by itself. */
const HELPER_POLL_MS = 60_000

/** Publishes what is due of one class, in each lane one claim after the other. */
export function startRelay(settings: RelaySettings): Loop {
  const { db, type, events } = settings
  const after = settings.after ?? afterTimeout
  const onError = (error: unknown, retryInMs: number) => events.relayFailed({ type, error, retryInMs })
  let published: PublishedRow[] = []
  const mark = async () => {
    const rows = published
    published = []
    await markPublished(db, rows)
  }
  const onPublished = (rows: PublishedRow[]) => void published.push(...rows)
  const lanes: Loop[] = []
  for (let number = 0; number < settings.lanes; number++) {
    const onFull = () => lanes[number + 1]?.wake()
    lanes.push(startLane(settings, { looksForWork: number === 0, onError, onPublished, onFull }))
  }
  const marking = startLoop({
    idleMs: CONFIRM_LEASE_AFTER_MS,
    after,
    onError,
    runOnce: async () => (await mark(), 'idle'),
  })
  return {
    wake: () => lanes[0]?.wake(),
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()))
      await marking.close()
      await mark().catch((error: unknown) => onError(error, 0))
    },
  }
}

interface LaneSettings {
  looksForWork: boolean
  onError: (error: unknown, retryInMs: number) => void
  onPublished: (rows: PublishedRow[]) => void
  /** A claim may have left something that is due: there is work for another lane. */
  onFull: () => void
}

function startLane(settings: RelaySettings, lane: LaneSettings): Loop {
  const { type, after = afterTimeout, nowMs = () => performance.now() } = settings
  const { looksForWork, onError, onPublished, onFull } = lane
  let nextAtMs = -Infinity
  let foundAtMs = -Infinity
  let isBusy = false
  const idleMs = () => IDLE_POLL_MS[type] * (nowMs() - foundAtMs > QUIET_AFTER_MS ? QUIET_POLL_FACTOR : 1)
  return startLoop({
    idleMs: looksForWork ? idleMs : HELPER_POLL_MS,
    after,
    onError,
    runOnce: async (stopping) => {
      await pause(nextAtMs - nowMs(), stopping, after)
      if (stopping.aborted) return 'idle'
      const startedAtMs = nowMs()
      const claimed = await claimNext(settings, { isBusy })
      isBusy = claimed !== undefined
      if (!claimed) return 'idle'
      foundAtMs = startedAtMs
      if (claimed.isFull) onFull()
      onPublished(await publishClaim(settings, claimed))
      nextAtMs = claimed.isFull ? -Infinity : startedAtMs + BUSY_MS[type]
      return 'worked'
    },
  })
}

async function pause(ms: number, stopping: AbortSignal, after: After): Promise<void> {
  if (ms <= 0 || stopping.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = after(ms, resolve)
  const end = () => {
    cancel()
    resolve()
  }
  stopping.addEventListener('abort', end, { once: true })
  await promise
  stopping.removeEventListener('abort', end)
}

/** One round of the relay from claim to the rows' new due times. @returns how many envelopes were confirmed. */
export async function relayOnce(settings: RelaySettings): Promise<number> {
  const claimed = await claimNext(settings, { isBusy: false })
  if (!claimed) return 0
  const published = await publishClaim(settings, claimed)
  await markPublished(settings.db, published)
  return published.length
}

/**
 * Claims nothing while the broker could not take it: a broker that is away, blocked or full burns no attempt. It is full
 * when there is not room for half of what may be ready: a claim for each single envelope would cost too much.
 */
async function claimNext(
  settings: RelaySettings,
  { isBusy }: { isBusy: boolean },
): Promise<Claim | undefined> {
  const { db, publisher, type, queue, newId, batchSizeMax, rowsMax } = settings
  if (!publisher.isReady()) return undefined
  // An idle poller looks before it asks the broker and opens a transaction.
  if (!isBusy && !(await hasDue(db, type))) return undefined
  const room = READY_ENVELOPES_MAX - (await publisher.readyMessages(queue))
  if (room < READY_ENVELOPES_MAX / 2) return undefined
  return claim(db, type, room, newId, { batchSizeMax, rowsMax })
}

/** @returns the rows of the envelopes that the broker confirmed. */
async function publishClaim(settings: RelaySettings, claimed: Claim): Promise<PublishedRow[]> {
  const { publisher, queue, type, events } = settings
  for (const outboxId of claimed.unreadable) events.rowUnreadable({ type, outboxId })
  const publishing = claimed.envelopes.map(async (envelope) => ({
    envelope,
    result: await publisher.publish(queue, encodeEnvelope(envelope)),
  }))
  emitStepWhenWritten('relay', 'published')
  const results = await Promise.all(publishing)
  emitStep('relay', 'confirmed')
  const having = (wanted: PublishResult) =>
    results.filter(({ result }) => result === wanted).map(({ envelope }) => envelope)
  const confirmed = having('confirmed')
  noteConfirmed(settings, confirmed)
  await noteFailed(settings, claimed, having('refused'), { reason: 'the queue is full', countAttempt: false })
  await noteFailed(settings, claimed, having('lost'), {
    reason: 'the broker did not confirm',
    countAttempt: false,
  })
  await noteFailed(settings, claimed, having('returned'), { reason: `no queue ${queue}`, countAttempt: true })
  return confirmed.map(({ outboxId }) => ({ outboxId, leaseUntil: claimed.leaseUntil }))
}

function noteConfirmed({ type, events }: RelaySettings, envelopes: Envelope[]): void {
  if (envelopes.length === 0) return
  const recipients = envelopes.reduce((sum, { ranges }) => sum + countRecipients(ranges), 0)
  events.published({ type, envelopes: envelopes.length, recipients })
}

async function noteFailed(
  { db, type, events }: RelaySettings,
  claimed: Claim,
  envelopes: Envelope[],
  fault: { reason: string; countAttempt: boolean },
): Promise<void> {
  if (envelopes.length === 0) return
  events.publishFailed({ type, envelopes: envelopes.length, reason: fault.reason })
  await giveBack(
    db,
    envelopes.map(({ outboxId }) => outboxId),
    claimed,
    fault,
  )
}
