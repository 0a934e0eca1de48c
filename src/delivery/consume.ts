import { setTimeout as pause } from 'node:timers/promises'
import type { Operators } from '../operators/index.ts'
import { UnreadableEnvelope, decodeEnvelope } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { Delivery } from '../platform/broker/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { DeliveryEvents } from './events.ts'
import { openGate } from './gate.ts'
import { isTransient } from './retryWithBackoff.ts'
import { openSlots } from './slots.ts'

export interface ConsumeSettings {
  type: MessageClass
  /** Envelopes of the class under way at once. */
  concurrency: number
  operators: Pick<Operators, 'states' | 'whenAdmitting'>
  deliver: (envelope: Envelope, stopping: AbortSignal) => Promise<void>
  events: DeliveryEvents
}

export interface Consumer {
  onDelivery(delivery: Delivery): void
  /** Begins nothing more and resolves when all that began has ended. What did not begin stays with the broker. */
  drain(): Promise<void>
}

/** While the database is away an envelope waits in hand; nothing was begun with it. */
const RETRY_MS = 100
const RETRY_MAX_MS = 2_000
/** A fault of ours, met so often with one envelope, is left to the outbox, which brings it back a minute later. */
const FAULTS_MAX = 3

/** Takes envelopes of one class through the gate and the slots to delivery, and acknowledges what was settled. */
export function startConsumer(settings: ConsumeSettings): Consumer {
  const { type, events } = settings
  const stopping = new AbortController()
  const slots = openSlots(settings.concurrency)
  const gate = openGate(settings.operators)
  const inFlight = new Set<string>()
  const underWay = new Set<Promise<void>>()

  const handle = async (delivery: Delivery) => {
    const envelope = await readOrSetAside(settings, delivery)
    if (!envelope) return
    // The same envelope again, published twice or delivered anew: the one in hand stands for both.
    if (inFlight.has(envelope.outboxId)) return delivery.ack()
    inFlight.add(envelope.outboxId)
    try {
      const giveBack = await slots.take(stopping.signal)
      const endTurn = await gate.pass(stopping.signal).catch((reason: unknown) => {
        giveBack()
        throw reason
      })
      try {
        await deliverPatiently(settings, envelope, stopping.signal)
        delivery.ack()
      } finally {
        endTurn()
        giveBack()
      }
    } finally {
      inFlight.delete(envelope.outboxId)
    }
  }

  return {
    onDelivery(delivery) {
      const work = handle(delivery)
        .catch((error: unknown) => {
          // Stopped before it began: unanswered, the broker delivers it to somebody else.
          if (!stopping.signal.aborted) events.deliveryFailed({ type, step: 'consume', error })
        })
        .finally(() => underWay.delete(work))
      underWay.add(work)
    },
    async drain() {
      stopping.abort()
      await Promise.all(underWay)
    },
  }
}

async function readOrSetAside(
  { type, events }: ConsumeSettings,
  delivery: Delivery,
): Promise<Envelope | undefined> {
  try {
    const envelope = decodeEnvelope(delivery.body)
    if (envelope.type === type) return envelope
    throw new UnreadableEnvelope(`an envelope of class ${envelope.type} in the queue of ${type}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    events.unreadable({ type, reason })
    await delivery.deadLetter(reason)
    return undefined
  }
}

async function deliverPatiently(
  { type, deliver, events }: ConsumeSettings,
  envelope: Envelope,
  stopping: AbortSignal,
): Promise<void> {
  let faults = 0
  for (let pauseMs = RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
    try {
      return await deliver(envelope, stopping)
    } catch (error) {
      if (stopping.aborted && error === stopping.reason) throw error
      events.deliveryFailed({ type, step: 'deliver', error })
      if (!isTransient(error) && ++faults >= FAULTS_MAX) return
      if (stopping.aborted) throw error
      await pause(pauseMs, undefined, { signal: stopping })
    }
  }
}
