import { sayWaiting } from './sayWaiting.ts'
import type { MessageTimeline, RecipientTimeline, Step } from './types.ts'

/** @returns a timeline as a table for people, line by line: the time, the step, and what is known of it. */
export function describeTimeline(timeline: MessageTimeline): string[] {
  const { smsIdentifier, type, isTest, userId, recipients, guaranteedBy, steps, timelines } = timeline
  const words = [type, ...(isTest ? ['test'] : []), `of customer ${userId}, to ${recipients}`]
  if (guaranteedBy) words.push(`guaranteed by ${guaranteedBy.toISOString()}`)
  return [
    `${smsIdentifier}  ${words.join(' ')}`,
    ...steps.map(describeStep),
    ...timelines.flatMap(describeRecipient),
    ...(timeline.isComplete ? [] : ['some steps are left out: ask for fewer recipients']),
  ]
}

function describeRecipient(one: RecipientTimeline): string[] {
  const { recipientNo, recipient, status, isPossibleDuplicate, steps, waiting } = one
  return [
    `recipient ${recipientNo}  ${recipient}  ${status}${isPossibleDuplicate ? ', possibly a duplicate' : ''}`,
    ...steps.map(describeStep),
    ...(waiting
      ? [`  waits: ${sayWaiting(waiting, { forStaff: true })}`, ...estimate(waiting.handOverAt)]
      : []),
  ]
}

function estimate(handOverAt: Date | null): string[] {
  return handOverAt ? [`  hand-over at about ${handOverAt.toISOString()}`] : []
}

const STEP_CHARS = 11

function describeStep(step: Step): string {
  const details = detailsOf(step).filter((word) => word !== '')
  return `  ${step.at.toISOString()}  ${step.step.padEnd(STEP_CHARS)}  ${details.join('  ')}`.trimEnd()
}

/** Why a message leaves later than it asked for. */
export const DELAYED = "by its customer's sending window or rate"

function detailsOf(step: Step): string[] {
  switch (step.step) {
    case 'accepted':
    case 'delivered':
    case 'cancelled':
      return []
    case 'charged':
      return [String(step.amount)]
    case 'scheduled':
      return step.isDelayed
        ? [`until ${step.until.toISOString()}`, DELAYED]
        : [`for ${step.until.toISOString()}`]
    case 'attempt': {
      const took = step.durationMs === null ? '' : `${step.durationMs} ms`
      const hedge = step.isHedge ? 'while another one had not answered' : ''
      return [`${step.attempt}`, step.provider, step.result, hedge, took, step.reason, step.routeReason ?? '']
    }
    case 'sent':
      return [`by ${step.provider}`, ...step.operatorIds.map(({ id }) => `as ${id}`)]
    case 'missed':
      return [step.cause, `ended ${step.lateByMs} ms after the guarantee`]
    case 'quarantined':
      return [step.reason]
    case 'receipt':
      return [step.provider, step.verdict ?? 'not final', step.state, step.cause ?? '', step.code ?? '']
    case 'undelivered':
    case 'failed':
      return [step.failure.code, step.failure.detail, step.provider]
    case 'refunded':
    case 'released':
    case 'compensated':
      return [String(step.amount), step.reason]
    case 'event':
      return [step.type, step.sequence === null ? 'without a number yet' : `number ${step.sequence}`]
    case 'webhook': {
      const where = step.endpointId ?? 'callback_url'
      const answered = step.httpStatus === null ? '' : `HTTP ${step.httpStatus}`
      return [step.type, where, step.status, `attempt ${step.attempts}`, answered, step.error ?? '']
    }
  }
}
