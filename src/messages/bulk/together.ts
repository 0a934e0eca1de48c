import type { Account } from '../../ledger/index.ts'
import { takeUnits } from '../../limits/index.ts'
import { partsOf } from '../demand.ts'
import { readPartsLeft } from '../rateLimited.ts'
import type { PartDecision } from './outcome.ts'
import type { BulkDecision, BulkRequest, PartItem, RefusedItem } from './types.ts'

/** How all or nothing is refused. */
export type TogetherRefused = Extract<BulkDecision, { kind: 'refused' | 'limited' | 'short' }>

/** @returns the refusal of messages that cannot be sent whatever the balance and the limits are. */
export function refuseInvalid(items: PartItem[]): TogetherRefused | undefined {
  const refused = items.flatMap((item) =>
    'problem' in item ? [{ index: item.index, refusal: item.problem }] : [],
  )
  return refused.length > 0 ? { kind: 'refused', items: refused } : undefined
}

/**
 * Takes the parts of all messages at once: one by one, a bulk above the burst would never be accepted, and the wait that
 * the first refused message asks for would be too short for all.
 */
export function limitTogether(
  { userId, partsLimit: limit }: BulkRequest,
  items: PartItem[],
  accounts: Map<number, Account>,
): TogetherRefused | undefined {
  const account = accounts.get(userId)
  if (!limit || !account) return undefined
  const { partsTatMicros, lockedAtMicros } = account
  const units = items.reduce((sum, item) => ('request' in item ? sum + partsOf(item.request) : sum), 0)
  const taken = takeUnits(partsTatMicros, limit, lockedAtMicros, units)
  if (taken.isAllowed) {
    account.partsTatMicros = taken.tatMicros
    return undefined
  }
  const partsLeft = readPartsLeft(limit, { partsTatMicros, nowMicros: lockedAtMicros })
  return { kind: 'limited', retryAfterMs: taken.retryAfterMs, parts: units, partsLeft }
}

/** @returns the refusal when one message was refused: of the first one's kind. */
export function refuseDecided(decisions: PartDecision[]): TogetherRefused | undefined {
  const refused: RefusedItem[] = decisions.flatMap((each) => ('refusal' in each ? [each] : []))
  const first = refused[0]?.refusal
  if (!first || !('kind' in first))
    return refused.length > 0 ? { kind: 'refused', items: refused } : undefined
  const items = refused.filter(({ refusal }) => 'kind' in refusal && refusal.kind === first.kind)
  // The first one was decided after the debits of those before it were proposed.
  const before = costOf(
    decisions.slice(
      0,
      decisions.findIndex((each) => 'refusal' in each),
    ),
  )
  if (first.kind === 'insufficient_balance')
    return { kind: 'short', cost: costOf(decisions), balance: first.balance + before, items }
  if (first.kind !== 'spend_limit') return { kind: 'refused', items }
  const [{ index } = { index: 0 }] = items
  return { kind: 'refused', items: [{ index, refusal: { ...first, spent: first.spent - before } }] }
}

function costOf(decisions: PartDecision[]): number {
  return decisions.reduce((sum, each) => {
    if ('accepted' in each) return sum + each.accepted.cost
    return 'kind' in each.refusal && 'cost' in each.refusal ? sum + each.refusal.cost : sum
  }, 0)
}
