import { isQuarantined, isTerminal } from '../messages/index.ts'
import type { RecipientState } from '../messages/index.ts'
import type { Operator } from '../operators/index.ts'
import { retryInMs } from './retryInMs.ts'
import type { Task } from './inFlight.ts'

/** Why a recipient is quarantined: its attempts are used up by claims, or the database refused to store its result. */
export const QUARANTINE_CAUSES = ['attempts_used_up', 'result_refused'] as const
export type QuarantineCause = (typeof QUARANTINE_CAUSES)[number]

/**
 * How our claim on one recipient ends: accepted, failed and refunded, released to a row of its own, or quarantined.
 * `tried`: an operator was called, so that the grace runs. `retryInMs`: set when the operators' pace decides the time.
 */
export type Settlement =
  | {
      kind: 'done'
      task: Task
      operator: Pick<Operator, 'name' | 'keepsOurReference'>
      operatorMessageId: string | null
    }
  | { kind: 'failed'; task: Task; provider: string; reason: string }
  | { kind: 'released'; task: Task; tried: boolean; reason: string; retryInMs?: number }
  | { kind: 'quarantined'; task: Task; cause: QuarantineCause; reason: string }

/** What a settlement writes about its recipient, in all tables. */
export interface Effects {
  status: 'done' | 'failed' | 'cancelled' | 'pending' | 'quarantined'
  provider: string
  reason: string
  /** Stored for an operator whose receipts do not carry our reference. */
  operatorMessageId: string | null
  /** In the smallest unit; 0 for none. */
  refund: number
  /** `none`: no outbox row names it any more (invariant 4). */
  outbox: 'none' | { retryInMs: number }
  tried: boolean
  possiblySent: boolean
  /** Submissions with an unknown result. */
  unconfirmed: number
  endsQuarantine: boolean
}

/**
 * - apply: the settlement takes effect.
 * - stored: an earlier run of it took effect, and the answer to its COMMIT was lost.
 * - stale: another owner has the recipient, or it is finished; nothing changes.
 */
export type Decision = { kind: 'apply'; effects: Effects } | { kind: 'stored' } | { kind: 'stale' }

/**
 * Decides a settlement from the row as it stands under its lock. Only the owner may settle, with one exception: a late
 * acceptance ends a recipient that is still unfinished (invariant 3).
 */
export function effectsOf(settlement: Settlement, row: RecipientState | undefined, owner: string): Decision {
  if (!row) return { kind: 'stale' }
  if (row.owner === owner && row.status === 'sending')
    return { kind: 'apply', effects: describe(settlement, false) }
  if (settlement.kind === 'done' && !isTerminal(row.status))
    return { kind: 'apply', effects: describe(settlement, isQuarantined(row)) }
  return { kind: isStored(settlement, row, owner) ? 'stored' : 'stale' }
}

/** Releases and quarantine do not keep the owner. If another owner did the same, it comes to the same. */
function isStored({ kind }: Settlement, row: RecipientState, owner: string): boolean {
  if (kind === 'released') return row.status === 'pending'
  if (kind === 'quarantined') return isQuarantined(row)
  return row.status === kind && row.owner === owner
}

function describe(settlement: Settlement, endsQuarantine: boolean): Effects {
  const { task } = settlement
  const none = {
    provider: '',
    reason: '',
    operatorMessageId: null,
    refund: 0,
    outbox: 'none' as const,
    tried: false,
    possiblySent: task.possiblySent,
    unconfirmed: task.unconfirmed,
    endsQuarantine,
  }
  switch (settlement.kind) {
    case 'done': {
      const { operator, operatorMessageId } = settlement
      const stored = operator.keepsOurReference ? null : operatorMessageId
      return { ...none, status: 'done', provider: operator.name, operatorMessageId: stored }
    }
    case 'failed': {
      const { provider, reason } = settlement
      return { ...none, status: 'failed', provider, reason, refund: task.price }
    }
    case 'released': {
      const { tried, reason } = settlement
      const outbox = { retryInMs: settlement.retryInMs ?? retryInMs(task.attempts) }
      return { ...none, status: 'pending', reason, tried, outbox }
    }
    case 'quarantined':
      return { ...none, status: 'quarantined', reason: settlement.reason }
  }
}
