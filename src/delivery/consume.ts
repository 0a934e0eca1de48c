import type { Operators } from '../operators/index.ts'
import { UnreadableEnvelope, countRecipients, decodeEnvelope, recordQueueWait } from '../outbox/index.ts'
import type { Envelope } from '../outbox/index.ts'
import type { Delivery } from '../platform/broker/index.ts'
import { retryWithBackoff } from '../platform/retryWithBackoff.ts'
import { openSemaphore } from '../platform/semaphore.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { openBreakerGate } from './breakerGate.ts'
import type { Deliver } from './deliver.ts'
import type { DeliveryEvents } from './events.ts'
import { isTransient } from './faults.ts'

export interface ConsumeSettings {
  type: MessageClass
  queue: string
  /** The database's clock, by which the relay says when it published. */
  nowMs: () => number
  /** Envelopes of the class in flight at once. */
  concurrency: number
  operators: Pick<Operators, 'of' | 'whenAdmitting'>
  deliver: Deliver
  events: DeliveryEvents
}

export interface Consumer {
  onDelivery(delivery: Delivery): void
  /** Of the envelopes that it has: they wait for an operator, or are submitted. */
  recipientsInFlight(): number
  /** Begins nothing more and resolves when all that began has ended. What did not begin stays with the broker. */
  drain(): Promise<void>
}

/** While the database is unavailable an envelope waits; nothing was begun with it. */
const RETRY_MS = 100
const RETRY_MAX_MS = 2_000
/** An envelope that meets this many faults of ours is left to the outbox, which brings it back a minute later. */
const FAULTS_MAX = 3

/** Takes envelopes of one class through the breaker gate to delivery, and acknowledges what was settled. */
export function startConsumer(settings: ConsumeSettings): Consumer {
  const { type, events } = settings
  const stopping = new AbortController()
  const envelopes = openSemaphore(settings.concurrency)
  const gate = openBreakerGate(settings.operators, type)
  const inFlight = new Set<string>()
  let recipientsInFlight = 0
  const handling = new Set<Promise<void>>()

  const deliverInTurn = async (envelope: Envelope) => {
    const permit = await envelopes.acquire(1, stopping.signal)
    try {
      const endTurn = await gate.pass(stopping.signal)
      try {
        return await deliverWithRetries(settings, envelope, stopping.signal)
      } finally {
        endTurn()
      }
    } finally {
      permit.release()
    }
  }
  const handle = async (delivery: Delivery) => {
    const envelope = await readOrDeadLetter(settings, delivery)
    if (!envelope) return
    // The same envelope again, published twice or redelivered: the one in flight stands for both.
    if (inFlight.has(envelope.outboxId)) return delivery.ack()
    recordQueueWait(delivery, envelope, settings)
    const recipients = countRecipients(envelope.ranges)
    inFlight.add(envelope.outboxId)
    recipientsInFlight += recipients
    try {
      if ((await deliverInTurn(envelope)) === 'ended') delivery.ack()
    } finally {
      inFlight.delete(envelope.outboxId)
      recipientsInFlight -= recipients
    }
  }

  return {
    recipientsInFlight: () => recipientsInFlight,
    onDelivery(delivery) {
      const work = handle(delivery)
        .catch((error: unknown) => {
          // Stopped before it began: unanswered, the broker delivers it to another consumer.
          if (!stopping.signal.aborted) events.deliveryFailed({ type, step: 'consume', error })
        })
        .finally(() => handling.delete(work))
      handling.add(work)
    },
    async drain() {
      stopping.abort()
      await Promise.all(handling)
    },
  }
}

async function readOrDeadLetter(
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

/** `stopped`: the claim was not made. An envelope that meets faults of ours is ended, and its outbox row brings it back. */
async function deliverWithRetries(
  { type, deliver, events }: ConsumeSettings,
  envelope: Envelope,
  stopping: AbortSignal,
): Promise<'ended' | 'stopped'> {
  const { kind } = await retryWithBackoff(() => deliver(envelope, stopping), {
    isTransient,
    onError: (error) => events.deliveryFailed({ type, step: 'deliver', error }),
    firstPauseMs: RETRY_MS,
    maxPauseMs: RETRY_MAX_MS,
    faultsMax: FAULTS_MAX,
    signal: stopping,
  })
  return kind === 'stopped' ? 'stopped' : 'ended'
}
