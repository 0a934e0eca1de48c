import assert from 'node:assert/strict'
import { readTimeline } from '../../src/timeline/index.ts'
import type { MessageTimeline, RecipientTimeline, Step, TimelineQuery } from '../../src/timeline/index.ts'
import type { Db } from '../../src/platform/db/index.ts'

/** The timeline of anyone's message. */
export async function timelineOf(
  db: Db,
  smsIdentifier: string,
  query: Partial<TimelineQuery> = {},
): Promise<MessageTimeline> {
  const timeline = await readTimeline(db, { whose: 'anyone', smsIdentifier, limit: 100, after: 0, ...query })
  assert.ok(timeline, 'the message is there')
  return timeline
}

/** Of its first recipient. */
export async function recipientOf(
  db: Db,
  smsIdentifier: string,
  query: Partial<TimelineQuery> = {},
): Promise<RecipientTimeline> {
  const [first] = (await timelineOf(db, smsIdentifier, query)).timelines
  assert.ok(first, 'the recipient is there')
  return first
}

/** The steps by name, each with what tells it from others of its name. */
export function named(steps: Step[]): string[] {
  return steps.map((step) => {
    switch (step.step) {
      case 'attempt':
        return `attempt ${step.attempt} ${step.provider} ${step.result}${step.isHedge ? ', hedge' : ''}`
      case 'charged':
      case 'refunded':
      case 'released':
      case 'compensated':
        return `${step.step} ${step.amount}`
      case 'missed':
        return `missed ${step.cause}`
      case 'sent':
        return `sent by ${step.provider}`
      case 'failed':
      case 'undelivered':
        return `${step.step} ${step.failure.code}`
      case 'receipt':
        return `receipt ${step.verdict} ${step.state}`
      case 'event':
      case 'webhook':
        return `${step.step} ${step.type}`
      case 'accepted':
      case 'scheduled':
      case 'quarantined':
      case 'delivered':
      case 'cancelled':
        return step.step
    }
  })
}
