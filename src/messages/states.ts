import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { SmsState } from '../../db/schema.ts'

/** Seed 001's names, as `/v1` shows them. Names that STATE_RULES lacks are derived: see v1Status.ts. */
export const V1_STATUSES = [
  'QUEUED',
  'SCHEDULED',
  'SENDING',
  'SENT',
  'DELIVERED',
  'FAILED_TEMP',
  'FAILED_PERM',
  'CANCELLED',
] as const
export type V1Status = (typeof V1_STATUSES)[number]

/** What the state of a recipient means. Lists for routes and SQL are made from this table alone. */
interface StateRule {
  /** Unfinished: an outbox row names the recipient, or it is quarantined (invariant 4). */
  isOpen: boolean
  /** The price went back to the customer in the transaction that wrote the state (invariant 3). */
  isRefunded: boolean
  /** Legal next states. sending to sending: a claim after an expired lease. sending to pending: a retry. */
  next: readonly SmsState[]
  /** Its name on `/v1`, unless something more is known of the recipient. */
  v1: V1Status
}

export const STATE_RULES: Readonly<Record<SmsState, StateRule>> = {
  // A late acceptance of an earlier owner ends a recipient that was released meanwhile. Failed: its time was over.
  pending: {
    isOpen: true,
    isRefunded: false,
    next: ['sending', 'done', 'failed', 'cancelled'],
    v1: 'QUEUED',
  },
  sending: { isOpen: true, isRefunded: false, next: ['sending', 'pending', 'done', 'failed'], v1: 'SENDING' },
  done: { isOpen: false, isRefunded: false, next: [], v1: 'SENT' },
  failed: { isOpen: false, isRefunded: true, next: [], v1: 'FAILED_PERM' },
  cancelled: { isOpen: false, isRefunded: true, next: [], v1: 'CANCELLED' },
}

export const STATES = Object.keys(STATE_RULES) as SmsState[]
export const OPEN_STATES = STATES.filter((state) => STATE_RULES[state].isOpen)
export const REFUNDED_STATES = STATES.filter((state) => STATE_RULES[state].isRefunded)

export function isTerminal(state: SmsState): boolean {
  return !STATE_RULES[state].isOpen
}

/** `IN (…)` of the open states, spelled out. */
export function inOpenStates(): RawBuilder<unknown> {
  return sql`IN (${sql.join(OPEN_STATES.map((state) => sql.lit(state)))})`
}

/** Called with rows read under their lock: an illegal step is a fault of ours and rolls the transaction back. */
export function assertTransition(from: SmsState, to: SmsState): void {
  if (!STATE_RULES[from].next.includes(to)) throw new Error(`a recipient cannot go from ${from} to ${to}`)
}
