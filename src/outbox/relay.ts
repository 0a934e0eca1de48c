import type { Publisher, PublishResult } from '../platform/broker/index.ts'
import type { Db } from '../platform/db/index.ts'
import { startLoop } from '../platform/loop.ts'
import type { Loop } from '../platform/loop.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { claim, hasDue } from './claim.ts'
import type { Claim } from './claim.ts'
import { countRecipients, encodeEnvelope } from './envelope.ts'
import type { Envelope } from './envelope.ts'
import type { OutboxEvents } from './events.ts'
import { giveBack, markPublished } from './settle.ts'
import { READY_ENVELOPES_MAX } from './topology.ts'

export interface RelaySettings {
  db: Db
  publisher: Publisher
  type: MessageClass
  queue: string
  events: OutboxEvents
  newId: () => string
}

/** How many claims of a class are being published at once, as the public contract has it. */
const WORKERS: Record<MessageClass, number> = { express: 4, normal: 2 }
/** How soon an idle poller sees what another process committed. A commit in this process wakes it. */
const IDLE_MS: Record<MessageClass, number> = { express: 25, normal: 100 }

/** Publishes what is due of one class: one poller that claims, and a bounded number of claims under way. */
export function startRelay(settings: RelaySettings): Loop {
  const { type, events } = settings
  const underWay = new Set<Promise<unknown>>()
  const publishAside = (claimed: Claim) => {
    const work: Promise<unknown> = publishClaim(settings, claimed)
      .catch((error: unknown) => events.relayFailed({ type, error, retryInMs: 0 }))
      .finally(() => underWay.delete(work))
    underWay.add(work)
  }
  const loop = startLoop({
    idleMs: IDLE_MS[type],
    onError: (error, retryInMs) => events.relayFailed({ type, error, retryInMs }),
    runOnce: async () => {
      if (underWay.size >= WORKERS[type]) await Promise.race(underWay)
      const claimed = await claimNext(settings)
      if (claimed) publishAside(claimed)
      return claimed ? 'worked' : 'idle'
    },
  })
  return {
    wake: () => loop.wake(),
    close: async () => {
      await loop.close()
      await Promise.all(underWay)
    },
  }
}

/** One round of the relay from claim to the rows' new due times. @returns how many envelopes were confirmed. */
export async function relayOnce(settings: RelaySettings): Promise<number> {
  const claimed = await claimNext(settings)
  return claimed ? publishClaim(settings, claimed) : 0
}

/** Claims nothing while the broker could not take it: a broker that is away, blocked or full burns no attempt. */
async function claimNext({ db, publisher, type, queue, newId }: RelaySettings): Promise<Claim | undefined> {
  if (!publisher.isReady()) return undefined
  if (!(await hasDue(db, type))) return undefined
  const room = READY_ENVELOPES_MAX - (await publisher.readyMessages(queue))
  return room > 0 ? claim(db, type, room, newId) : undefined
}

async function publishClaim(settings: RelaySettings, claimed: Claim): Promise<number> {
  const { publisher, queue, type, events } = settings
  for (const outboxId of claimed.unreadable) events.rowUnreadable({ type, outboxId })
  const results = await Promise.all(
    claimed.envelopes.map(async (envelope) => ({
      envelope,
      result: await publisher.publish(queue, encodeEnvelope(envelope)),
    })),
  )
  const having = (wanted: PublishResult) =>
    results.filter(({ result }) => result === wanted).map(({ envelope }) => envelope)
  const confirmed = having('confirmed')
  await noteConfirmed(settings, claimed, confirmed)
  await noteFailed(settings, claimed, having('refused'), { reason: 'the queue is full', countAttempt: false })
  await noteFailed(settings, claimed, having('lost'), {
    reason: 'the broker did not confirm',
    countAttempt: false,
  })
  await noteFailed(settings, claimed, having('returned'), { reason: `no queue ${queue}`, countAttempt: true })
  return confirmed.length
}

async function noteConfirmed(
  { db, type, events }: RelaySettings,
  claimed: Claim,
  envelopes: Envelope[],
): Promise<void> {
  if (envelopes.length === 0) return
  const recipients = envelopes.reduce((sum, { ranges }) => sum + countRecipients(ranges), 0)
  events.published({ type, envelopes: envelopes.length, recipients })
  await markPublished(
    db,
    envelopes.map(({ outboxId }) => outboxId),
    claimed,
  )
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
