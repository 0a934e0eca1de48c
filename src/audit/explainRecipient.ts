import type { DeliveryStatus, SmsState, TransactionType } from '../../db/schema.ts'
import { identifierFromBytes } from '../primitives/identifier.ts'
import type { MessageClass } from '../primitives/messageClass.ts'
import type { EngineLimits, Rule, Violation } from './violation.ts'

/** A recipient that is unfinished or wrong, with its request, its returns and its row in quarantine. */
export interface RecipientRow {
  id: Buffer
  recipient_no: number
  user_id: number
  customer: number
  type: MessageClass
  status: SmsState
  price: number
  returned: number
  has_owner: number
  has_lease: number
  has_provider: number
  is_handed_over: number
  cost: number | null
  has_reason: number
  is_expired_early: number | null
  delivery_status: DeliveryStatus | null
  lacks_receipt: number
  possibly_sent: number
  possible_duplicate: number
  unconfirmed: number
  /** All that its ledger entries gave back; null without any. */
  given_back: number | string | null
  /** Of an entry that a recipient in its state and of its tariff cannot have. */
  wrong_type: TransactionType | null
  lacks_hold: number
  /** Another customer that got something back for it. */
  stranger: number | null
  is_quarantined: number
}

/** @returns everything that is wrong with a recipient by itself; another check covers whether it is referenced. */
export function explainRecipient(row: RecipientRow, limits: EngineLimits): Violation[] {
  const subject = `message ${identifierFromBytes(row.id)}, recipient ${row.recipient_no}`
  const wrong: [rule: Rule, explanation: string | undefined][] = [
    ['customer', explainCustomer(row)],
    ['state', explainState(row)],
    ['state', explainEnd(row)],
    ['state', explainCost(row)],
    ['state', explainCancelled(row)],
    ['delivery', explainDelivery(row)],
    ['quarantine', explainQuarantine(row)],
    ['attempts', explainAttempts(row, limits.submissionsMax[row.type])],
    ['refund', explainRefund(row)],
    ['hold', row.lacks_hold === 1 ? 'is to be paid later, and its price is not held' : undefined],
  ]
  return wrong.flatMap(([rule, explanation]) =>
    explanation === undefined ? [] : [{ rule, subject, explanation }],
  )
}

function explainCustomer({ user_id, customer, stranger }: RecipientRow): string | undefined {
  if (user_id !== customer) return `is of customer ${user_id}, its request of customer ${customer}`
  if (stranger !== null) return `is of customer ${customer} and was refunded to customer ${stranger}`
  return undefined
}

function explainState({ status, has_owner, has_lease, has_provider }: RecipientRow): string | undefined {
  switch (status) {
    case 'pending':
      return has_owner || has_lease ? 'is pending and has an owner or a lease' : undefined
    case 'sending':
      return has_owner === has_lease ? undefined : 'is sending with an owner or a lease alone'
    case 'done':
      return has_provider ? undefined : 'is done without an operator'
    case 'failed':
    case 'cancelled':
      return undefined
    default:
      return `has the unknown state '${String(status)}'`
  }
}

/** The fields that exactly one final status has. */
function explainEnd({
  status,
  is_handed_over,
  has_reason,
  is_expired_early,
  delivery_status,
}: RecipientRow): string | undefined {
  if ((status === 'done') !== (is_handed_over === 1))
    return `is ${status} and has ${is_handed_over ? 'a' : 'no'} time of its hand-over`
  if ((status === 'failed' || delivery_status === 'undelivered') !== (has_reason === 1))
    return `is ${delivery_status ?? status} and has ${has_reason ? 'a' : 'no'} failure reason`
  if (status === 'failed' && is_expired_early) return 'failed as expired before its time was over'
  return undefined
}

function explainDelivery({ status, delivery_status, lacks_receipt }: RecipientRow): string | undefined {
  if (delivery_status === null) return undefined
  if (status !== 'done') return `is ${status} and ${delivery_status}`
  return lacks_receipt ? `is ${delivery_status} and no receipt was applied` : undefined
}

/** An operator charges for what it took. */
function explainCost({ status, cost }: RecipientRow): string | undefined {
  if (cost === null) return undefined
  if (status !== 'done') return `is ${status} and has a cost`
  return cost < 0 ? `has a cost of ${cost}` : undefined
}

/** What an operator may have is never cancelled. */
function explainCancelled({ status, possibly_sent, unconfirmed }: RecipientRow): string | undefined {
  const isAtOperator = possibly_sent === 1 || unconfirmed > 0
  return status === 'cancelled' && isAtOperator ? 'is cancelled and may be at an operator' : undefined
}

function explainQuarantine({ status, has_owner, has_lease, is_quarantined }: RecipientRow) {
  const isWithoutOwner = status === 'sending' && !has_owner && !has_lease
  return isWithoutOwner && !is_quarantined ? 'is sending without an owner and not in quarantine' : undefined
}

function explainAttempts(
  { unconfirmed, possibly_sent, possible_duplicate }: RecipientRow,
  most: number,
): string | undefined {
  if (unconfirmed > most) return `has ${unconfirmed} submissions without a result`
  if (unconfirmed > 1 && !possible_duplicate)
    return `has ${unconfirmed} submissions without a result and is not marked as a possible duplicate`
  if (possible_duplicate && !possibly_sent)
    return 'is marked as a possible duplicate and not as possibly sent'
  return undefined
}

function explainRefund(row: RecipientRow): string | undefined {
  const { status, price, returned, given_back: found, wrong_type: type } = row
  if (type !== null) return `is ${status} and has a ${type}`
  if (returned < 0 || returned > price) return `says that ${returned} of its price of ${price} went back`
  // What cost nothing goes back without an entry.
  const givenBack = Number(found ?? 0)
  if (status === 'failed' || status === 'cancelled') {
    if (found === null) return price === 0 ? undefined : `is ${status} and was not refunded`
    return givenBack === price ? undefined : `was refunded ${givenBack} instead of ${price}`
  }
  return givenBack === returned ? undefined : `got back ${givenBack} and says ${returned}`
}
