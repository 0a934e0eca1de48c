import type { DeliveryStatus, ReceiptState } from '../../../db/schema.ts'
import { isTerminal, REFUNDED_STATES } from '../../messages/index.ts'
import type { DeliveredPart, DeliveryRow, RecipientKey } from '../../messages/index.ts'

/** A receipt and the recipient that it is about. */
export interface MatchedReceipt extends RecipientKey {
  operator: string
  /** Null when it says nothing final. */
  verdict: DeliveryStatus | null
  /** Why it was not delivered, for people; empty when nothing is known. */
  reason: string
  /** The part that it is about; null for the whole message. */
  partNo: number | null
}

/** A recipient while the receipts of one transaction are decided, in order. */
export interface DeliveryState {
  row: DeliveryRow
  parts: DeliveredPart[]
  /** The operator whose receipt proved that it took an unfinished message. */
  provenBy: string | null
  outcome: { status: DeliveryStatus; reason: string } | null
  /** Parts that a receipt gave a status. */
  decidedParts: DeliveredPart[]
}

export function startState(row: DeliveryRow, parts: DeliveredPart[]): DeliveryState {
  return { row, parts, provenBy: null, outcome: null, decidedParts: [] }
}

/**
 * Decides one receipt from the recipient as it stands under its lock, and changes the state for the next ones: the
 * first final one counts, and one for an unfinished message proves that its operator took it (invariant 3).
 * @returns unmatched when this operator cannot have the message, or not yet: the receipt waits.
 */
export function decideReceipt(receipt: MatchedReceipt, state: DeliveryState): ReceiptState | 'unmatched' {
  const { row } = state
  if (REFUNDED_STATES.includes(row.status)) return 'refunded'
  if (!mayHave(receipt.operator, state)) return 'unmatched'
  if (!isTerminal(row.status) && state.provenBy === null) {
    // One part says nothing of the others, which may still be sent.
    if (receipt.partNo !== null) return 'unmatched'
    state.provenBy = receipt.operator
  }
  if (receipt.verdict === null) return 'intermediate'
  return receipt.partNo === null
    ? decideWhole(receipt, receipt.verdict, state)
    : decidePart(receipt, receipt.verdict, state)
}

/** A message that was never submitted, or that another operator is known to have, is not this operator's. */
function mayHave(operator: string, { row, provenBy }: DeliveryState): boolean {
  if (row.possiblySent) return true
  if (row.status === 'done') return row.provider === operator
  return provenBy === null ? row.status === 'sending' || row.unconfirmed > 0 : provenBy === operator
}

function decideWhole(
  { operator, reason }: MatchedReceipt,
  verdict: DeliveryStatus,
  state: DeliveryState,
): ReceiptState {
  const known = state.outcome?.status ?? state.row.deliveryStatus
  if (known !== null) return known === verdict ? 'repeated' : 'contradicting'
  // It may have been sent through two operators, and the other one's receipt is still to come.
  if (verdict === 'undelivered' && operator !== (state.provenBy ?? state.row.provider))
    return 'other_operator'
  state.outcome = { status: verdict, reason: verdict === 'delivered' ? '' : reason }
  return 'applied'
}

/** Delivered once all parts are, undelivered once one is, in any order. */
function decidePart(receipt: MatchedReceipt, verdict: DeliveryStatus, state: DeliveryState): ReceiptState {
  const ofOperator = state.parts.filter(({ provider }) => provider === receipt.operator)
  const part = ofOperator.find(({ partNo }) => partNo === receipt.partNo)
  if (!part) return decideWhole(receipt, verdict, state)
  if (part.deliveryStatus !== null) return part.deliveryStatus === verdict ? 'repeated' : 'contradicting'
  part.deliveryStatus = verdict
  state.decidedParts.push(part)
  const isDecided =
    verdict === 'undelivered' || ofOperator.every((each) => each.deliveryStatus === 'delivered')
  if (isDecided) decideWhole(receipt, verdict, state)
  return 'applied'
}
