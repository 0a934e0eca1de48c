import type { PublishResult } from '../platform/broker/index.ts'
import { databaseNowMs } from '../platform/db/index.ts'
import { emitStep, emitStepWhenWritten } from '../platform/steps.ts'
import { recordStep } from '../platform/telemetry/index.ts'
import { madeAtMs } from '../primitives/identifier.ts'
import type { Claim } from './claim.ts'
import { shortenLease } from './confirmLease.ts'
import type { PublishedRow } from './confirmLease.ts'
import { countRecipients } from './envelope.ts'
import type { Envelope, RecipientRange } from './envelope.ts'
import { publishEnvelope } from './publishEnvelope.ts'
import type { RelaySettings } from './relaySettings.ts'

/** Publishes the envelopes of a claim together. @returns the rows of the confirmed envelopes. */
export async function publishClaim(settings: RelaySettings, claimed: Claim): Promise<PublishedRow[]> {
  const { queue, type, events } = settings
  recordWaits(settings, claimed)
  for (const outboxId of claimed.unreadable) events.rowUnreadable({ type, outboxId })
  const publishing = claimed.envelopes.map(async (envelope) => ({
    envelope,
    result: await publishEnvelope(settings, envelope),
  }))
  emitStepWhenWritten('relay', 'published')
  const results = await Promise.all(publishing)
  emitStep('relay', 'confirmed')
  const having = (wanted: PublishResult) =>
    results.filter(({ result }) => result === wanted).map(({ envelope }) => envelope)
  const confirmed = having('confirmed')
  reportConfirmed(settings, confirmed)
  await handleFailed(settings, claimed, having('refused'), 'the queue is full')
  await handleFailed(settings, claimed, having('lost'), 'the broker did not confirm')
  await handleFailed(settings, claimed, having('returned'), `no queue ${queue}`)
  return confirmed.map(({ outboxId }) => ({ outboxId, leaseUntil: claimed.leaseUntil }))
}

function recordWaits({ db, type }: RelaySettings, { waits }: Claim): void {
  if (waits.length === 0) return
  const nowMs = databaseNowMs(db)
  for (const { ranges, sinceMs } of waits)
    recordStep('wait outbox', ranges, {
      startedAgoMs: nowMs - sinceMs,
      attributes: { 'chapar.class': type },
    })
}

function reportConfirmed({ db, type, events }: RelaySettings, envelopes: Envelope[]): void {
  if (envelopes.length === 0) return
  const recipients = envelopes.reduce((sum, { ranges }) => sum + countRecipients(ranges), 0)
  const nowMs = databaseNowMs(db)
  const agesMs = envelopes.map(({ ranges }) => nowMs - Math.min(...ranges.map(acceptedAtMs)))
  events.published({ type, envelopes: envelopes.length, recipients, agesMs })
}

function acceptedAtMs({ smsIdentifier }: RecipientRange): number {
  return madeAtMs(smsIdentifier)
}

async function handleFailed(
  { db, type, events }: RelaySettings,
  claimed: Claim,
  envelopes: Envelope[],
  reason: string,
): Promise<void> {
  if (envelopes.length === 0) return
  events.publishFailed({ type, envelopes: envelopes.length, reason })
  await shortenLease(
    db,
    claimed,
    envelopes.map(({ outboxId }) => outboxId),
    reason,
  )
}
