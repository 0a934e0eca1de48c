import type { Accepted } from '../types.ts'
import type { BulkRefusal, BulkResult, ExplainRefusal, PartOutcome } from './types.ts'

/** A message of a part with its decision. */
export type PartDecision = { index: number; accepted: Accepted } | { index: number; refusal: BulkRefusal }

/** @returns the results of a part as they are answered and kept. */
export function toOutcome(decisions: PartDecision[], explain: ExplainRefusal): PartOutcome {
  const outcome: PartOutcome = { accepted: 0, refused: 0, cost: 0, results: [] }
  for (const decision of decisions) {
    outcome.results.push(toResult(decision, explain))
    if ('accepted' in decision) {
      outcome.accepted++
      outcome.cost += decision.accepted.cost
    } else outcome.refused++
  }
  return outcome
}

function toResult(decision: PartDecision, explain: ExplainRefusal): BulkResult {
  const { index } = decision
  if ('accepted' in decision) return { index, message_id: decision.accepted.smsIdentifier }
  const { refusal } = decision
  const isUnknown = 'kind' in refusal && refusal.kind === 'outcome_unknown'
  return { index, ...explain(refusal), ...(isUnknown ? { message_id: refusal.smsIdentifier } : {}) }
}

/** What a part that could not be decided comes to. */
export function outcomeOfAll(
  { first, end }: { first: number; end: number },
  refusal: BulkRefusal,
  explain: ExplainRefusal,
): PartOutcome {
  const decisions = Array.from({ length: end - first }, (_, offset) => ({ index: first + offset, refusal }))
  return toOutcome(decisions, explain)
}

/** What is told of a part whose COMMIT had no answer. */
export function toUnknown(decision: PartDecision): PartDecision {
  if (!('accepted' in decision)) return decision
  const { smsIdentifier } = decision.accepted
  return { index: decision.index, refusal: { kind: 'outcome_unknown', smsIdentifier } }
}

/** What parts come to together. */
export function sumOf(outcomes: PartOutcome[]): Omit<PartOutcome, 'results'> {
  const sum = { accepted: 0, refused: 0, cost: 0 }
  for (const { accepted, refused, cost } of outcomes) {
    sum.accepted += accepted
    sum.refused += refused
    sum.cost += cost
  }
  return sum
}
