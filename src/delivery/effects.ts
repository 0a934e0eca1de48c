import { isQuarantined, isTerminal } from '../messages/index.ts'
import type { RecipientState } from '../messages/index.ts'
import type { Operator, PartIds } from '../operators/index.ts'
import type { PartsTaken, Task } from './inFlight.ts'

/** Why a recipient is quarantined: its attempts are used up by claims, or the database refused to store its result. */
export const QUARANTINE_CAUSES = ['attempts_used_up', 'result_refused'] as const
export type QuarantineCause = (typeof QUARANTINE_CAUSES)[number]

/**
 * How our claim on one recipient ends: accepted, failed and refunded, released to a row of its own, or quarantined.
 * `tried`: an operator said something about it, so that the attempt counts.
 */
export type Settlement =
  | {
      kind: 'done'
      task: Task
      operator: Pick<Operator, 'name' | 'keepsOurReference' | 'priceOf' | 'receiptPoll'>
      operatorMessageId: string | null
      /** The operator's identifiers of the parts, where it gave each one. */
      partIds?: PartIds | undefined
    }
  | { kind: 'failed'; task: Task; provider: string; reason: string }
  | { kind: 'released'; task: Task; tried: boolean; reason: string; retryInMs: number }
  | { kind: 'quarantined'; task: Task; cause: QuarantineCause; reason: string }

/** An operator took it. */
export type Accepted = Settlement & { kind: 'done' }

/** What a settlement writes about its recipient, in all tables. */
export interface Effects {
  status: 'done' | 'failed' | 'cancelled' | 'pending' | 'quarantined'
  provider: string
  reason: string
  /** Stored for an operator whose receipts do not carry our reference. */
  operatorMessageId: string | null
  /** Stored instead, where the operator named each part; and what other operators took of it. By operator. */
  partIds?: PartsTaken
  /** What the operator charges for it, in the smallest unit; null or left out where that is not known. */
  cost?: number | null
  /** Set when its operator is to be asked whether it was delivered. */
  poll?: NonNullable<Operator['receiptPoll']>
  /** In the smallest unit; 0 for none. */
  refund: number
  /** `none`: no outbox row references it any more (invariant 4). */
  outbox: 'none' | { retryInMs: number }
  /** An operator said something about it since it was claimed; for a row without a claim it means nothing. */
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
    return { kind: 'apply', effects: describe(settlement, row, false) }
  if (settlement.kind === 'done' && !isTerminal(row.status))
    return { kind: 'apply', effects: describe(settlement, row, isQuarantined(row)) }
  return { kind: isStored(settlement, row, owner) ? 'stored' : 'stale' }
}

/** Releases and quarantine do not keep the owner. If another owner did the same, it comes to the same. */
function isStored({ kind }: Settlement, row: RecipientState, owner: string): boolean {
  if (kind === 'released') return row.status === 'pending'
  if (kind === 'quarantined') return isQuarantined(row)
  return row.status === kind && row.owner === owner
}

function describe(settlement: Settlement, { returned }: RecipientState, endsQuarantine: boolean): Effects {
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
    partIds: task.partsTaken,
  }
  switch (settlement.kind) {
    case 'done': {
      const { operator, operatorMessageId, partIds } = settlement
      const stored = operator.keepsOurReference ? null : operatorMessageId
      const cost = costOf(operator.priceOf, task)
      const ofOperator = {
        ...{ ...none, status: 'done' as const, provider: operator.name, cost },
        ...(operator.receiptPoll && { poll: operator.receiptPoll }),
      }
      if (!partIds) return { ...ofOperator, operatorMessageId: stored }
      return { ...ofOperator, partIds: new Map([...task.partsTaken, [operator.name, partIds]]) }
    }
    case 'failed': {
      const { provider, reason } = settlement
      const tried = task.calls.length > 0
      return { ...none, status: 'failed', provider, reason, refund: task.price - returned, tried }
    }
    case 'released': {
      const { tried, reason, retryInMs } = settlement
      return { ...none, status: 'pending', reason, tried, outbox: { retryInMs } }
    }
    case 'quarantined':
      return { ...none, status: 'quarantined', reason: settlement.reason }
  }
}

/** @returns what an operator charges for a recipient's parts; null where no price of the number is known. */
export function costOf(
  priceOf: Operator['priceOf'],
  { recipient, parts }: { recipient: string; parts: number },
): number | null {
  const price = priceOf?.(recipient) ?? null
  return price === null ? null : price * parts
}
