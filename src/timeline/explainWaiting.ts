import type { WaitingRow } from '../outbox/index.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import { blockedSince } from './blockedOperators.ts'
import type { BlockedOperator } from './blockedOperators.ts'
import type { ClassPace } from './pace.ts'

/** What an unfinished recipient waits for. */
export const WAITING_FOR = [
  /** A person or a receipt decides. */
  'quarantine',
  /** A consumer submits it, until its lease ends. */
  'operator',
  /** Its consumer did not answer; another one takes over. */
  'lease',
  /** Its time to be sent. */
  'schedule',
  /** The next opening of its customer's sending window. */
  'window',
  /** Its place at its customer's sending rate. */
  'rate',
  /** An operator may have it: a receipt ends it, or the next look at it. */
  'answer',
  /** All operators of its route are paused or drained. */
  'operators_stopped',
  /** The same, or their circuit breakers are open. */
  'operators_unreachable',
  /** The end of its back-off. */
  'retry',
  /** A relay, the broker or a consumer has it, until its lease ends. */
  'queue',
  /** It is due, and no relay has claimed it yet. */
  'relay',
  /** The recipients before it in its lane. */
  'turn',
  /** Its outbox row was not found: it moves from one to the next. */
  'move',
] as const
export type WaitingFor = (typeof WAITING_FOR)[number]

/** Without a process of each, what waits for its turn, its next attempt or another consumer stays where it is. */
export const MISSING_ROLES = ['relay', 'consumer'] as const
export type MissingRole = (typeof MISSING_ROLES)[number]

export interface Waiting {
  for: WaitingFor
  type: MessageClass
  since: Date | null
  until: Date | null
  /** The reason of the last try, or of its quarantine; in the engine's or an operator's words. */
  reason: string | null
  /** In its lane; a lower bound where `isLeast`. */
  before: { recipients: number; isLeast: boolean } | null
  blocked: BlockedOperator[]
  /** Roles that it waits for and that no process has. */
  missing: readonly MissingRole[]
  /** About; null when it is not known. */
  handOverAt: Date | null
}

export interface WaitingFacts {
  now: Date
  type: MessageClass
  isSubmitted: boolean
  leaseUntil: Date | null
  sendAt: Date | null
  /** An operator may have it, and its result is stored as unknown. */
  isUnknown: boolean
  quarantined: { reason: string; since: Date } | undefined
  /** Where it waits in the outbox. */
  row: WaitingRow | undefined
  before: { recipients: number; isLeast: boolean } | undefined
  blocked: BlockedOperator[] | undefined
  /** Roles that no process has. */
  missing: readonly MissingRole[]
  pace: ClassPace | null
}

/** @returns what an unfinished recipient waits for: the first of these that holds. */
export function explainWaiting(facts: WaitingFacts): Waiting {
  const found =
    quarantine(facts) ??
    submission(facts) ??
    schedule(facts) ??
    answer(facts) ??
    operators(facts) ??
    outbox(facts)
  const missing = NEEDS_ROLES.includes(found.for) ? facts.missing : []
  return {
    ...{ type: facts.type, since: null, until: null, reason: null },
    ...{ before: null, blocked: [], missing, handOverAt: null },
    ...found,
    ...(missing.length > 0 && { handOverAt: null }),
  }
}

/** What nothing but a relay and then a consumer ends. */
const NEEDS_ROLES: readonly WaitingFor[] = ['turn', 'relay', 'retry', 'queue', 'lease']

type Found = Pick<Waiting, 'for'> & Partial<Waiting>

function quarantine({ quarantined }: WaitingFacts): Found | undefined {
  return quarantined && { for: 'quarantine', since: quarantined.since, reason: quarantined.reason }
}

function submission({ now, isSubmitted, leaseUntil, row }: WaitingFacts): Found | undefined {
  if (!isSubmitted || !leaseUntil) return undefined
  if (leaseUntil > now) return { for: 'operator', until: leaseUntil, handOverAt: now }
  return { for: 'lease', since: leaseUntil, until: row?.until ?? null }
}

function schedule({ now, sendAt, row }: WaitingFacts): Found | undefined {
  const { scheduledBy, until } = row ?? {}
  if (until && until > now && (scheduledBy === 'window' || scheduledBy === 'rate'))
    return { for: scheduledBy, until, handOverAt: until }
  return sendAt && sendAt > now ? { for: 'schedule', until: sendAt, handOverAt: sendAt } : undefined
}

function answer({ isUnknown, row }: WaitingFacts): Found | undefined {
  return isUnknown ? { for: 'answer', until: row?.until ?? null } : undefined
}

/** A back-off may end after it. */
function operators({ now, blocked, row }: WaitingFacts): Found | undefined {
  if (!blocked) return undefined
  const isStopped = blocked.every(({ state }) => state !== 'unreachable')
  const isBackingOff = row?.until && row.until > now && row.lastError !== null
  return {
    for: isStopped ? 'operators_stopped' : 'operators_unreachable',
    ...{ since: blockedSince(blocked), blocked },
    ...(isBackingOff ? { until: row.until } : {}),
  }
}

function outbox(facts: WaitingFacts): Found {
  const { now, row, before } = facts
  if (!row) return { for: 'move' }
  const { until, lastError: reason } = row
  if (!until) return { for: 'turn', before: before ?? null, handOverAt: handOverAt(facts) }
  if (until <= now)
    return { for: 'relay', since: until, reason, before: before ?? null, handOverAt: handOverAt(facts) }
  if (reason !== null) return { for: 'retry', until, reason, handOverAt: until }
  return { for: 'queue', until, handOverAt: handOverAt(facts, IN_FLIGHT_SHARE) }
}

/** It is anywhere among what is in flight. */
const IN_FLIGHT_SHARE = 0.5

/** After the recipients before it and in flight, at the rate of the last seconds. */
function handOverAt({ now, before, pace }: WaitingFacts, inFlightShare = 1): Date | null {
  if (!pace || before?.isLeast) return null
  const recipients = (before?.recipients ?? 0) + pace.recipientsInFlight * inFlightShare
  if (recipients === 0) return now
  if (pace.handedOverPerSecond <= 0) return null
  return new Date(now.getTime() + Math.round((recipients / pace.handedOverPerSecond) * 1_000))
}
