import { formatCount } from '../primitives/text.ts'
import type { BlockedOperator } from './blockedOperators.ts'
import type { Waiting } from './explainWaiting.ts'

/**
 * @returns what it waits for, in words. Which operators are stopped, by whom and why, which processes are missing, and why it
 * is in quarantine, is for staff.
 */
export function sayWaiting(waiting: Waiting, { forStaff }: { forStaff: boolean }): string {
  const missing = forStaff ? waiting.missing.map((role) => `No ${role} has reported of late.`) : []
  return [sayWhat(waiting, forStaff), ...missing].join(' ')
}

function sayWhat(waiting: Waiting, forStaff: boolean): string {
  const { type, since, until, before } = waiting
  const at = (time: Date | null) => time?.toISOString() ?? 'an unknown time'
  const reason = waiting.reason === null || waiting.reason === '' ? '' : `, after: ${waiting.reason}`
  switch (waiting.for) {
    case 'quarantine':
      return (
        `In quarantine since ${at(since)}: an operator may have it, and a person or a receipt decides` +
        (forStaff ? ` (${waiting.reason}).` : '.')
      )
    case 'operator':
      return `A consumer is submitting it to an operator; its lease ends at ${at(until)}.`
    case 'lease':
      return `The lease of its consumer ended at ${at(since)} without a result; another one takes over${until ? ` after ${at(until)}` : ''}.`
    case 'schedule':
      return `Scheduled for ${at(until)}.`
    case 'window':
      return `Its customer's sending window lets it leave at ${at(until)}.`
    case 'rate':
      return `Its customer's sending rate lets it leave at ${at(until)}.`
    case 'answer':
      return `An operator may have it and has not said so; a receipt ends it${until ? `, and it is examined again at ${at(until)}` : ''}.`
    case 'operators_stopped':
    case 'operators_unreachable':
      return `${sayBlocked(waiting, forStaff)}${until ? `; its next attempt is due at ${at(until)}` : ''}.`
    case 'retry':
      return `Its next attempt is at ${at(until)}${reason}.`
    case 'queue':
      return `A relay, the queue or a consumer has it until ${at(until)}; without a result it is then published again.`
    case 'relay':
      return before && before.recipients > 0
        ? `Due since ${at(since)}${reason}; ${sayBefore(before)} due ${type} recipients are before it.`
        : `Due since ${at(since)}; the next relay takes it${reason}.`
    case 'turn':
      if (!before) return `Waits for its turn among ${type} messages.`
      if (before.recipients === 0) return `The next of all ${type} messages.`
      return `${capitalized(sayBefore(before))} ${type} recipients are before it.`
    case 'move':
      return 'It moves from one row of the outbox to the next; ask again.'
  }
}

function sayBefore({ recipients, isLeast }: NonNullable<Waiting['before']>): string {
  return `${isLeast ? 'more than' : 'about'} ${formatCount(recipients)}`
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function sayBlocked({ for: what, since, blocked }: Waiting, forStaff: boolean): string {
  const all =
    what === 'operators_stopped'
      ? 'All operators of its route are paused or drained'
      : 'No operator of its route can be reached'
  const sinceWhen = since ? ` since ${since.toISOString()}` : ''
  return all + sinceWhen + (forStaff ? ` (${blocked.map(sayOperator).join('; ')})` : '')
}

function sayOperator({ name, state, since, by, reason }: BlockedOperator): string {
  const what = state === 'unreachable' ? 'circuit breaker open' : state
  const words = [
    `${name}: ${what}`,
    ...(since ? [`since ${since.toISOString()}`] : []),
    ...(by === null ? [] : [`by ${by}`]),
  ]
  return words.join(' ') + (reason === null ? '' : `, ${reason}`)
}
